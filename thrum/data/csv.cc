#include "thrum/data/csv.h"

#include <utility>

#include "thrum/data/csv_columns_internal.h"
#include "thrum/data/csv_header_internal.h"
#include "thrum/data/csv_parse_internal.h"
#include "thrum/data/decompress_internal.h"
#include "thrum/data/watched_input_internal.h"
#include "thrum/runtime/file.h"

namespace thrum {
namespace csv {
namespace {

std::string_view without_byte_order_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

}  // namespace

Table parse_blockwise(std::string_view text, const CsvOptions& options, std::size_t block_size,
                      const Execution& execution, std::string name) {
  if (options.delimiter != '\0') check_delimiter(options.delimiter);
  Source source{std::move(name), without_byte_order_mark(text)};
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
  if (rows.n_rows == 0) source.fail("there are no rows below the header");
  const Format format{row_format, MissingMarkers(options.missing), options.header};
  return Table(parse_columns(source, format, rows, header.names, execution), source.name);
}

}  // namespace csv

Table parse_csv(std::string_view text, const CsvOptions& options, const Execution& execution, std::string source) {
  return csv::parse_blockwise(text, options,
                              execution.scratch == nullptr ? csv::default_block_size : csv::large_block_size, execution,
                              std::move(source));
}

Table parse_csv(std::string_view text, const CsvOptions& options, std::string source) {
  const LocalExecution local(1, 0, Backend::sequential);
  return parse_csv(text, options, local, std::move(source));
}

Table read_csv(const std::filesystem::path& path, const CsvOptions& options, const Execution& execution) {
  const std::string name = path == "-" ? "standard input" : path.filename().string();
  const MappedFile file(path);
  const auto watched = watch_input(file, name, execution);
  if (!is_compressed(file.bytes())) return parse_csv(text_of(file.bytes()), options, execution, name);
  const std::string text = decompress(file.bytes(), name, execution);
  return parse_csv(text, options, execution, name);
}

}  // namespace thrum
