#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "thrum/data/csv_source_internal.h"

namespace thrum::csv {

/// Comma, tab, semicolon or vertical bar: whichever the line at `begin` has most of outside quotes, the first of them
/// in doubt.
char detect_delimiter(std::string_view text, std::size_t begin) noexcept;

/// Whether it can separate fields: what belongs to numbers, words, quotes and line ends cannot.
bool can_delimit(char delimiter) noexcept;

/// Throws invalid_argument for a byte that cannot separate fields.
void check_delimiter(char delimiter);

struct Header {
  std::vector<std::string> names;  ///< distinct; an absent one is the index of its column
  std::size_t end;                 ///< where the rows begin
};

/// Reads the row at `begin` as names of columns. Throws corrupt_data.
Header read_header(const Source& source, std::size_t begin, char delimiter);

/// As many indices, as names, as the row at `begin` has fields. Throws corrupt_data.
std::vector<std::string> number_columns(const Source& source, std::size_t begin, char delimiter);

}  // namespace thrum::csv
