#include <fmt/format.h>

#include <algorithm>

#include "thrum/data/csv_source_internal.h"

namespace thrum::csv {

std::size_t Source::line(std::size_t offset) const {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

void Source::fail(std::size_t offset, std::size_t column, const std::string& message, const std::string& hint) const {
  const std::string called = column < column_names.size() ? fmt::format(" (\"{}\")", column_names[column]) : "";
  fail(fmt::format("line {}, column {}{}: {}", line(offset), column + 1, called, message), hint);
}

void Source::fail(const std::string& message, const std::string& hint) const {
  // "line 3 has …" and "line 3, column 2: …" follow the name alike.
  throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", name, message), hint);
}

std::string quoted_excerpt(std::string_view text) {
  constexpr std::size_t longest = 40;
  if (text.size() <= longest) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}…\"", text.substr(0, longest));
}

}  // namespace thrum::csv
