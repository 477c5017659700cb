#include "thrum/data/csv.h"

#include <algorithm>
#include <utility>

#include "thrum/core/utf8_internal.h"
#include "thrum/data/csv_columns_internal.h"
#include "thrum/data/csv_header_internal.h"
#include "thrum/data/csv_parse_internal.h"
#include "thrum/data/input_bytes_internal.h"

namespace thrum {
namespace csv {
namespace {

/// Fewer blocks need fewer dictionaries, and a page of a column is written to more often at once; but the text and the
/// values of those that are parsed at a time are in memory.
std::size_t block_size_for(const Execution& execution) {
  if (execution.scratch == nullptr) return default_block_size;
  const std::size_t share = execution.scratch->memory_limit() / 32 / static_cast<std::size_t>(execution.arena->slots());
  return std::clamp(share, smallest_large_block, largest_block);
}

}  // namespace

Table parse_blockwise(std::string_view text, const CsvOptions& options, std::size_t block_size,
                      const Execution& execution, std::string name) {
  if (options.delimiter != '\0') check_delimiter(options.delimiter);
  Source source{std::move(name), without_byte_order_mark(text)};
  if (execution.scratch != nullptr) source.memory_limit = execution.scratch->memory_limit();
  const char* const text_end = source.text.data() + source.text.size();
  const auto begin = static_cast<std::size_t>(skip_blank_lines(source.text.data(), text_end) - source.text.data());
  if (begin == source.text.size()) source.fail("the input is empty", "expected a line of column names, and rows");

  const char delimiter = options.delimiter != '\0' ? options.delimiter : detect_delimiter(source.text, begin);
  Header header{{}, begin};
  if (options.header) {
    header = read_header(source, begin, delimiter);
    source.header = header.names;
  } else {
    header.names = number_columns(source, begin, delimiter);
  }
  const bool one_column = header.names.size() == 1;
  if (one_column && !options.header) header.end = 0;
  const RowFormat row_format{delimiter, one_column ? BlankLines::rows : BlankLines::skipped};
  const Rows rows = split_rows(source.text, header.end, row_format, block_size, execution);
  if (rows.first_nul != std::string_view::npos)
    fail_nul(source, rows.first_nul, source.column(rows.first_nul, delimiter));
  if (rows.n_rows == 0) {
    source.fail("there are no rows below the header",
                options.header ? "if the first line is a row, use --no-header" : "");
  }
  const Format format{row_format, MissingMarkers(options.missing), options.header};
  return Table(parse_columns(source, format, rows, header.names, execution), source.name);
}

}  // namespace csv

Table parse_csv(std::string_view text, const CsvOptions& options, const Execution& execution, std::string source) {
  return csv::parse_blockwise(text, options, csv::block_size_for(execution), execution, std::move(source));
}

Table parse_csv(std::string_view text, const CsvOptions& options, std::string source) {
  const LocalExecution local(1, 0, Backend::sequential);
  return parse_csv(text, options, local, std::move(source));
}

Table read_csv(const std::filesystem::path& path, const CsvOptions& options, const Execution& execution) {
  const std::string name = path == "-" ? "standard input" : path.filename().string();
  const InputBytes input(path, name, execution);
  return parse_csv(text_of(input.bytes()), options, execution, name);
}

}  // namespace thrum
