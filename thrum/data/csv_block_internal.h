#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "thrum/data/csv_dictionary_internal.h"
#include "thrum/data/csv_missing_internal.h"
#include "thrum/data/csv_rows_internal.h"
#include "thrum/data/csv_source_internal.h"

namespace thrum::csv {

struct Format {
  char delimiter;
  MissingMarkers missing;
  bool header;
};

/// What the fields of a column are taken for.
enum class Parse : unsigned char {
  whole,     ///< whole numbers, as far as seen
  real,      ///< numbers and missing values
  category,  ///< codes of a dictionary
  skip       ///< nothing is stored: the caller does not want the column, or a text was found in a column of numbers
};

/// The part of a column that lies in one block. Parse::whole and Parse::real need `numbers`, Parse::category the other
/// two. Starts as the caller says and ends as what was found.
struct Cells {
  Parse parse = Parse::skip;
  double* numbers = nullptr;  ///< of Parse::whole: the bits of std::int64_t
  std::int32_t* codes = nullptr;
  Dictionary* dictionary = nullptr;
  std::size_t too_large = std::string_view::npos;  ///< the offset of the first number that no double holds
};

/// Makes the numbers before `n` of a Parse::whole part doubles.
void whole_to_real(double* numbers, std::size_t n) noexcept;

/// Parses the first `n_rows` rows of `block`; cells[c] is column c. Throws corrupt_data for the first row that is not
/// CSV or has not cells.size() fields. REQUIRES: n_rows <= block.n_rows, as far as the text is CSV.
void parse_rows(const Source& source, const Format& format, const RowBlock& block, std::size_t n_rows,
                std::span<Cells> cells);

}  // namespace thrum::csv
