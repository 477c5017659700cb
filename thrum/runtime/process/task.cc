#include "thrum/runtime/process/task.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <unordered_map>

#include "thrum/core/error.h"

namespace thrum::task_detail {
namespace {

/// Filled while the program starts, read only afterwards.
struct Names {
  std::map<std::string, AnyFunction, std::less<>> functions;
  std::map<AnyFunction, std::string> names;
};

Names& names() {
  static Names names;
  return names;
}

const void* code(AnyFunction function) {
  return reinterpret_cast<const void*>(function);
}

/// code_at, which walks all loaded objects, for the few addresses that a process is asked for again and again.
const void* known_code_at(CodeAddress address) {
  struct Hash {
    std::size_t operator()(const CodeAddress& a) const { return a.object ^ a.offset; }
  };
  thread_local std::unordered_map<CodeAddress, const void*, Hash> known;
  const void*& found = known[address];
  if (found == nullptr) found = code_at(address);
  return found;
}

}  // namespace

bool register_name(std::string_view name, AnyFunction function) {
  const auto [entry, is_new] = names().functions.emplace(name, function);
  if (!is_new && entry->second != function) {
    std::fprintf(stderr, "THRUM_TASK: two functions are named \"%s\"\n", entry->first.c_str());
    std::abort();
  }
  names().names.emplace(function, name);
  return true;
}

void write_function(WireWriter& writer, AnyFunction function) {
  const auto name = names().names.find(function);
  const bool is_named = name != names().names.end();
  writer.write(is_named);
  if (is_named) return writer.write(name->second);
  writer.write(code_address(code(function)));
}

AnyFunction read_function(WireReader& reader) {
  if (!reader.read<bool>()) {
    return reinterpret_cast<AnyFunction>(const_cast<void*>(known_code_at(reader.read<CodeAddress>())));
  }
  const auto name = reader.read<std::string>();
  const auto found = names().functions.find(name);
  if (found == names().functions.end()) {
    throw Error(ErrorCode::remote, fmt::format("[process] this program has no THRUM_TASK \"{}\"", name));
  }
  return found->second;
}

void run_task(WireReader& task, WireWriter& result) {
  const auto entry = reinterpret_cast<Entry>(const_cast<void*>(known_code_at(task.read<CodeAddress>())));
  entry(task, result);
}

}  // namespace thrum::task_detail
