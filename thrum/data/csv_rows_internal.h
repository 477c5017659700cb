#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/csv_census_internal.h"

namespace thrum::csv {

/// What tells rows apart.
struct RowFormat {
  char delimiter;
  BlankLines blank_lines;
};

/// Whole rows that one task parses.
struct RowBlock {
  std::string_view text;  ///< ends in a line end, unless a quote is never closed
  std::size_t offset;     ///< of `text` in the source
  std::size_t first_row;
  std::size_t n_rows;
};

/// All rows of a text in blocks, which refer to it and to `tail`. Movable.
struct Rows {
  std::vector<RowBlock> blocks = {};
  std::vector<char> tail = {};  ///< the last row with a line end, where the text has none
  std::size_t n_rows = 0;
  std::size_t first_nul = std::string_view::npos;  ///< the offset of a NUL byte; npos where there is none
};

/// The rows of `text` from `begin` on, cut near the multiples of `block_size` bytes. Line breaks inside quotes end no
/// row. The text is read once, in parallel: what the quotes before a block mean for it is worked out for both cases at
/// once, and the cases are joined afterwards. Only the cuts depend on `block_size`, never what the rows are.
Rows split_rows(std::string_view text, std::size_t begin, const RowFormat& format, std::size_t block_size,
                const Execution& execution);

}  // namespace thrum::csv
