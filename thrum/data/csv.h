#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/table.h"

namespace thrum {

struct CsvOptions {
  char delimiter = '\0';  ///< '\0': from the file (comma, tab, semicolon or |, whichever the first line has most of)
  bool header = true;     ///< false: the columns are called "0", "1", …
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?"};  ///< unquoted fields
};

/// Reads a CSV or TSV file (RFC 4180: quotes, doubled quotes, line breaks inside quotes; CRLF or LF; a UTF-8 byte order
/// mark), plain or compressed with gzip or zstd (known by its first bytes); "-" is standard input. Types follow from
/// all rows: whole numbers, else numbers, else categories. The result does not depend on the number of threads.
///
/// Throws io when the file cannot be read, corrupt_data with line and column for what is not CSV: a row with more or
/// fewer fields than the header, an unclosed quote, text after a closing quote, a NUL byte, a number such as 1e999 that
/// no double holds, a repeated column name, an empty file, no rows.
Table read_csv(const std::filesystem::path& path, const CsvOptions& options, const Execution& execution);

/// The same for text in memory; `source` names it in messages.
Table parse_csv(std::string_view text, const CsvOptions& options, const Execution& execution,
                std::string source = "the text");

}  // namespace thrum
