#pragma once

#include <cstddef>
#include <span>

namespace thrum {

/// Rows of a design matrix X for their Gram matrix. T is float or double.
template <class T>
struct GramRows {
  const T* x;               ///< (n_tiles, n_columns, tile_rows): tile after tile, in each the columns one after another
  const T* weights;         ///< (n_tiles * tile_rows); the absolute values count
  const T* y;               ///< (n_tiles * tile_rows) one more column, or null
  std::size_t n_tiles = 0;  ///< padded with rows whose weight is zero
  std::size_t tile_rows = 0;  ///< a multiple of 128 bytes
  std::size_t n_columns = 0;

  /// The columns of the Gram matrix: those of X, a column of ones, y.
  std::size_t size() const { return n_columns + (y == nullptr ? 1 : 2); }
};

/// Adds sum_i s_i x'_i x'_i^T with x' = (x, 1, y) to `sums`, (size(), size()) row-major, lower triangle. Sums over some
/// hundred rows are in T, those of them in double. The result depends on the arguments and the instruction set only.
void add_gram(const GramRows<float>& rows, std::span<double> sums);
void add_gram(const GramRows<double>& rows, std::span<double> sums);

}  // namespace thrum
