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
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?"};
};

/// Reads a CSV or TSV file (RFC 4180: quotes, doubled quotes, line breaks inside quotes; CRLF or LF; a UTF-8 byte order
/// mark), plain or compressed with gzip or zstd (known by its first bytes); "-" is standard input. Empty lines are
/// skipped, but in a file of one column each one below the header is a row with an empty field. A quote inside an
/// unquoted field is a character like any other. A column without a name is called by its index.
///
/// Types follow from all rows. A column is int64 where every value is a whole number within int64, else float64 where
/// every value is a number or missing (blanks around it, a plus sign, "inf" and "infinity" allowed), else a category
/// column. Quoted numbers are numbers. A field is missing when it is one of `options.missing`, blanks around it aside;
/// in quotes only among numbers, so that "NA" may be the name of a category. The result does not depend on the number
/// of threads.
///
/// Reports its progress in bytes as stage "read" (before that as "decompress"). Throws io when the file cannot be read,
/// invalid_argument for a delimiter that can be part of a number, cancelled, and corrupt_data with line and column for
/// what is not CSV: a row with more or fewer fields than the header, an unclosed quote, text after a closing quote, a
/// carriage return alone, a NUL byte, a number such as 1e999 that no double holds, text that is not UTF-8, a repeated
/// column name, an empty file, no rows, damaged compression.
Table read_csv(const std::filesystem::path& path, const CsvOptions& options, const Execution& execution);

/// The same for text in memory; `source` names it in messages.
Table parse_csv(std::string_view text, const CsvOptions& options, const Execution& execution,
                std::string source = "the text");

/// The same on the thread of the caller alone, for small texts.
Table parse_csv(std::string_view text, const CsvOptions& options, std::string source = "the text");

}  // namespace thrum
