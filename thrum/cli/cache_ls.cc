#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "thrum/cli/cache_arguments.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"

namespace thrum::cli {
namespace {

struct LsArguments {
  std::string folder = {};
  std::string function = {};
};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The latest use first.
std::vector<EntryInfo> listed(const Store& store, const std::string& function) {
  std::vector<EntryInfo> entries;
  store.for_each([&](const EntryInfo& info) {
    if (function.empty() || info.function == function) entries.push_back(info);
  });
  std::ranges::sort(entries, [](const EntryInfo& a, const EntryInfo& b) {
    return std::tie(b.last_used, a.key) < std::tie(a.last_used, b.key);
  });
  return entries;
}

Json entry_json(const EntryInfo& info) {
  return {{"key", info.key.hex()},
          {"function", info.function},
          {"version", info.version},
          {"created", utc_text(info.created)},
          {"last_used", utc_text(info.last_used)},
          {"compute_seconds", seconds(info.duration)},
          {"value_bytes", info.value_bytes},
          {"disk_bytes", info.disk_bytes}};
}

Json ls_json(const Store& store, const std::vector<EntryInfo>& entries) {
  Json object = {{"schema", "thrum.cache.ls/1"}, {"folder", store.folder().string()}, {"entries", Json::array()}};
  for (const EntryInfo& info : entries) object["entries"].push_back(entry_json(info));
  return object;
}

std::string ls_text(const std::vector<EntryInfo>& entries) {
  if (entries.empty()) return "no entries\n";
  std::vector<std::vector<std::string>> rows = {{"function", "version", "size", "took", "last used", "key"}};
  for (const EntryInfo& info : entries) {
    rows.push_back({printable(info.function), printable(info.version), byte_size(info.value_bytes),
                    took_text(seconds(info.duration)), utc_text(info.last_used), info.key.hex()});
  }
  return aligned(rows, "llrrll");
}

}  // namespace

Command cache_ls_command() {
  auto arguments = std::make_shared<LsArguments>();
  Command command{.name = "ls", .summary = "List the stored results, the latest used first."};
  command.examples = {{"thrum cache ls --dir cache --function featurise", ""}};
  command.parameters = {cache_folder_parameter(&arguments->folder),
                        parameter(option_field("function", &LsArguments::function, {}, "only results of this one"),
                                  arguments.get(), {.value = "NAME"})};
  command.run = [arguments](Session& session) {
    const Store store = open_cache(arguments->folder, session);
    const std::vector<EntryInfo> entries = listed(store, arguments->function);
    print(session.globals.json ? json_text(ls_json(store, entries)) : ls_text(entries));
  };
  return command;
}

}  // namespace thrum::cli
