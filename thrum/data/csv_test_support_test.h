#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/data/csv_parse_internal.h"

namespace thrum::csv {

/// All that a table holds, as text that differs where tables do.
inline std::string dump(const Table& table) {
  std::string text;
  for (const Column& column : table.columns()) {
    text += column.name() + ":" + std::string(column_type_name(column.type()));
    for (std::size_t row = 0; row < column.size(); ++row) {
      text += column.is_missing(row) ? "|-" : "|" + column.text(row);
    }
    text += '\n';
  }
  return text;
}

inline Table parse(std::string_view text, const CsvOptions& options = {}) {
  return parse_csv(text, options, LocalExecution(1), "x.csv");
}

/// The dump of the table, or what the error says.
inline std::string outcome(std::string_view text, std::size_t block_size, const Execution& execution,
                           const CsvOptions& options = {}) {
  try {
    return dump(parse_blockwise(text, options, block_size, execution, "x.csv"));
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
}

}  // namespace thrum::csv
