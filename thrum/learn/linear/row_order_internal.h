#pragma once

#include <cstddef>
#include <vector>

#include "thrum/core/random.h"

namespace thrum {

/// The order in which one epoch takes rows that are stored one behind the other, and may lie on a disk: a window of a
/// few MiB after another, each of 32 chunks of neighbours, one drawn from each 32nd part of all rows, with the rows of
/// the window in random order. So a chunk is read as a whole and once, and stays in the cache meanwhile, while a step
/// is followed by that of a row from another part of the data, and each window is like the whole even where the rows
/// are sorted. Rows that fit in one window are in any order equally likely. After Xu et al., "In-database machine
/// learning with CorgiPile", SIGMOD 2022, who draw the chunks from all. Follows from the shape and the random numbers
/// alone. Immutable.
class RowOrder {
 public:
  /// Of rows of `n_columns` numbers, as they stand where `shuffle` is false.
  RowOrder(std::size_t n_rows, std::size_t n_columns, bool shuffle, const Random& random);

  std::size_t n_windows() const noexcept { return chunks_.size(); }
  /// The rows of window `w`, one after another.
  std::vector<std::size_t> window(std::size_t w) const;

  /// After so many of its rows a reader that is to keep a limit of memory looks at it.
  static std::size_t rows_between_looks(std::size_t n_columns) noexcept;

 private:
  static constexpr std::size_t chunks_of_window = 32;

  std::vector<std::size_t> windows_of(std::size_t stratum) const;
  /// The index of the random numbers that window `w` takes.
  std::size_t first_draw(std::size_t w) const { return w * chunks_of_window * chunk_rows_; }

  std::size_t n_rows_;
  std::size_t chunk_rows_;
  bool shuffle_;
  Random random_;
  std::vector<std::vector<std::size_t>> chunks_;  ///< of each window
};

}  // namespace thrum
