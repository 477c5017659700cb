#pragma once

#include <cstddef>
#include <string_view>

namespace thrum::csv {

/// What a line without a character is.
enum class BlankLines : bool {
  skipped,
  rows  ///< of a file of one column: with a missing value
};

/// What lies in a stretch of text.
struct Census {
  std::size_t rows = 0;  ///< ends of lines that are rows; quotes are not looked into
  bool quote = false;
  bool nul = false;
};

/// Whether text[i] is a line feed that ends a row.
bool ends_row(std::string_view text, std::size_t i, BlankLines blank_lines) noexcept;

/// Of bytes [begin, end) of `text`. The byte before a text counts as a line break.
Census take_census(std::string_view text, std::size_t begin, std::size_t end, BlankLines blank_lines) noexcept;

}  // namespace thrum::csv
