#pragma once

#include <vector>

#include "thrum/data/csv_block_internal.h"
#include "thrum/data/table.h"

namespace thrum::csv {

/// The columns of `rows`, called as `source` says (by their index where it has no names), with the types that all rows
/// ask for: a column is taken for numbers until a text turns up in it, and only such a column is parsed twice. Throws
/// corrupt_data for the first row that is not CSV, then for the first number that no double holds, then for the first
/// text that is not UTF-8.
std::vector<Column> parse_columns(const Source& source, const Format& format, const Rows& rows,
                                  const std::vector<std::string>& names, const Execution& execution);

}  // namespace thrum::csv
