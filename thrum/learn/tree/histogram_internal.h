#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "thrum/learn/tree/gradient_grid_internal.h"

namespace thrum {

/// Room per column in a histogram. Not a power of two: with one, the same bin of all columns would lie at the same
/// place of a memory page, and processors take writes and reads at such distances for dependent (five times slower
/// where most rows are in one bin).
inline constexpr std::size_t histogram_stride = 264;

/// Some columns of one tile of a BinnedTable.
struct TileColumns {
  const std::uint8_t* bins;  ///< of row 0 and the first column
  std::size_t n_columns;     ///< at most 32; up to 3 more are added to, see add_to_histogram
};

/// Columns as add_to_histogram counts them, and as histograms must have room for.
constexpr std::size_t padded_columns(std::size_t n_columns) {
  return (n_columns + 3) / 4 * 4;
}

/// histogram[c * histogram_stride + bin of column c in rows[i]] += gradients[i], for all i and for padded_columns of
/// them. `rows` ascends.
void add_to_histogram(const TileColumns& tile, std::span<const std::uint32_t> rows,
                      std::span<const RowGradient> gradients, GradientSum* histogram);

/// The same for the rows first_row, first_row + 1, …, as many as there are gradients.
void add_to_histogram(const TileColumns& tile, std::size_t first_row, std::span<const RowGradient> gradients,
                      GradientSum* histogram);

}  // namespace thrum
