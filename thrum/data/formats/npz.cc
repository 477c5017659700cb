#include "thrum/data/formats/npz_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/data/formats/npy_internal.h"
#include "thrum/data/formats/zip_internal.h"
#include "thrum/data/memory_bound_internal.h"

namespace thrum::formats {
namespace {

/// An array that is wanted, and what its columns are to be called.
struct Wanted {
  std::string name;
  std::string called;
};

std::string array_name(const ZipEntry& entry) {
  constexpr std::string_view ending = ".npy";
  const std::string& name = entry.name;
  return name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : name;
}

std::vector<std::string> array_names(std::span<const ZipEntry> entries) {
  std::vector<std::string> names;
  std::ranges::transform(entries, std::back_inserter(names), array_name);
  return names;
}

std::vector<Wanted> wanted_arrays(std::span<const std::string> arrays, std::span<const std::string> names) {
  std::vector<Wanted> wanted;
  for (const std::string& text : arrays) {
    const std::size_t equals = text.find('=');
    const bool renamed = equals != std::string::npos;
    wanted.push_back({renamed ? text.substr(equals + 1) : text, text.substr(0, equals)});
  }
  if (!arrays.empty()) return wanted;
  for (const std::string& name : names) wanted.push_back({name, name});
  return wanted;
}

const ZipEntry& find_entry(std::span<const ZipEntry> entries, std::span<const std::string> names,
                           const std::string& wanted, const std::string& file) {
  const auto found = std::ranges::find(names, wanted);
  if (found != names.end()) return entries[static_cast<std::size_t>(found - names.begin())];
  const std::string hint = nearest_hint(wanted, names);
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] there is no array {}", file, in_quotes(wanted)),
              hint.empty() ? fmt::format("it holds {}", fmt::join(names, ", ")) : hint);
}

std::vector<Column> array_columns(const ZipEntry& entry, const std::string& called, const std::string& file,
                                  const Execution& execution) {
  const std::string inflated = entry.deflated ? inflate_entry(entry, file, execution) : "";
  const ByteSpan bytes = entry.deflated ? bytes_of(inflated) : entry.packed;
  check_crc(entry, bytes, file);
  const std::string name = fmt::format("{}: {}", file, entry.name);
  if (!is_npy(bytes)) {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] expected an array of NumPy", name),
                "write arrays with numpy.savez, and a table, as of Excel, as CSV");
  }
  if (!is_utf8(called))
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] the name of an array is not UTF-8", file));
  const NumberArray array = parse_npy(bytes, name);
  const bool is_vector = array.shape.size() == 1;
  return columns_of(array, is_vector ? std::vector{called} : numbered_names(called, array.n_columns()), name,
                    execution);
}

}  // namespace

std::vector<Column> read_npz(ByteSpan bytes, std::span<const std::string> arrays, const std::string& name,
                             const Execution& execution) {
  const std::vector<ZipEntry> entries = zip_entries(bytes, name);
  const std::vector<std::string> names = array_names(entries);
  std::vector<Column> columns;
  std::string first;
  std::uint64_t memory = 0;
  for (const Wanted& wanted : wanted_arrays(arrays, names)) {
    const ZipEntry& entry = find_entry(entries, names, wanted.name, name);
    std::vector<Column> more = array_columns(entry, wanted.called, name, execution);
    if (!columns.empty() && columns.front().size() != more.front().size()) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[{}] array {} has {} rows, {} has {}", name, in_quotes(wanted.name), more.front().size(),
                              in_quotes(first), columns.front().size()),
                  fmt::format("name those that belong together, such as --arrays {}", first));
    }
    if (columns.empty()) first = wanted.name;
    memory += 8 * more.size() * more.front().size();
    if (execution.scratch == nullptr) {
      check_memory(memory, fmt::format("[{}] its table", name), "name the arrays to read with --arrays");
    }
    std::ranges::move(more, std::back_inserter(columns));
  }
  if (columns.empty()) throw Error(ErrorCode::corrupt_data, fmt::format("[{}] it holds no arrays", name));
  check_n_columns(columns.size(), name);
  return columns;
}

}  // namespace thrum::formats
