#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "thrum/data/csv_short_numbers_internal.h"

namespace thrum::csv {

/// Rows of plain fields, some at a time: without a quote, one row a line, all of as many fields. Their ends are found
/// by vectors ahead of time, so that no field waits for the one before, and a column can be parsed by itself.
class PlainRows {
 public:
  PlainRows(std::string_view text, char delimiter, std::size_t n_columns);

  /// Goes on to the next rows. False where the text ends, and where what comes is not plain.
  bool next();

  std::size_t size() const noexcept { return n_rows_; }
  /// REQUIRES: row < size().
  std::string_view field(std::size_t row, std::size_t column) const noexcept {
    const std::uint32_t* const end = ends_.data() + row * n_columns_ + column + 1;
    const std::uint32_t begin = end[-1] + 1;
    std::size_t n = *end - begin;
    if (column + 1 == n_columns_ && n > 0 && text_[*end - 1] == '\r') --n;
    return {text_.data() + begin, n};
  }
  /// Those of a column, from `row` on.
  FieldEnds ends_from(std::size_t row, std::size_t column) const noexcept {
    return {text_.data(), ends_.data() + row * n_columns_ + column + 1, n_columns_, text_.size()};
  }
  /// Where the row behind it begins. REQUIRES: row < size().
  const char* row_end(std::size_t row) const noexcept { return text_.data() + ends_[(row + 1) * n_columns_] + 1; }

  /// How far the search for ends of fields went.
  struct Search {
    std::size_t n_looked_at = 0;  ///< of the text's bytes
    std::size_t n_ends = 1;
    std::size_t n_lines = 0;  ///< line feeds among the ends
    bool plain = true;        ///< no quote so far, and no carriage return but before a line feed
  };

 private:
  bool are_rows() const noexcept;

  std::string_view text_;
  char delimiter_;
  std::size_t n_columns_;
  std::size_t enough_;               ///< ends are looked for at a time
  std::vector<std::uint32_t> ends_;  ///< offsets: that of the row before, then those of the fields
  Search found_;
  std::size_t n_rows_ = 0;
};

}  // namespace thrum::csv
