#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "thrum/core/assert.h"
#include "thrum/core/printable.h"
#include "thrum/data/csv_source_internal.h"

namespace thrum::csv {

std::size_t Source::line(std::size_t offset) const {
  return 1 +
         static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

std::size_t Source::column(std::size_t offset, char delimiter) const noexcept {
  const char* const end = text.data() + text.size();
  std::size_t column = 0;
  for (const char* p = text.data();;) {
    const Field field = scan_field(p, end, delimiter);
    if (field.fault != Fault::none || field.next > text.data() + offset || field.next == end) return column;
    column = field.last ? 0 : column + 1;
    p = field.next;
  }
}

std::string Source::place(std::size_t offset, std::size_t column) const {
  const std::string called = column < header.size() ? fmt::format(" ({})", in_quotes(header[column])) : "";
  return fmt::format("line {}, column {}{}", line(offset), column + 1, called);
}

void Source::fail(std::size_t offset, std::size_t column, const std::string& message, const std::string& hint) const {
  fail(fmt::format("{}: {}", place(offset, column), message), hint);
}

void Source::fail(const std::string& message, const std::string& hint) const {
  throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", name, message), hint);
}

void fail_field(const Source& source, const Field& field, std::size_t offset, std::size_t column) {
  switch (field.fault) {
    case Fault::unclosed_quote:
      source.fail(offset, column, "the quote that opens here is never closed");
    case Fault::bare_carriage_return:
      source.fail(offset, column, "a carriage return without a line feed", "end lines with LF or CR LF");
    case Fault::text_after_quote:
      source.fail(offset, column,
                  fmt::format("expected a delimiter or the end of the line after the closing quote, got {}",
                              in_quotes(source.text.substr(offset, 1))),
                  "double the quotes inside a quoted field");
    case Fault::none:
      break;
  }
  THRUM_ASSERT(field.fault != Fault::none);
  std::abort();
}

void fail_nul(const Source& source, std::size_t offset, std::size_t column) {
  source.fail(offset, column, "a NUL byte", "CSV is text; if this is UTF-16, convert it to UTF-8");
}

void fail_long(const Source& source, std::size_t offset, std::size_t column) {
  throw Error(
      ErrorCode::out_of_memory,
      fmt::format("[{}] {}: a field of more than {} KiB, which a memory limit of {} MiB has no room for", source.name,
                  source.place(offset, column), source.longest_field() >> 10, source.memory_limit >> 20),
      "raise the limit, or shorten the field");
}

}  // namespace thrum::csv
