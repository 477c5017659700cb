#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "thrum/learn/tree/column_bins_internal.h"
#include "thrum/learn/tree/gradient_grid_internal.h"

namespace thrum {

/// The training rows of a node, ascending, each with its gradient.
struct NodeRows {
  const std::uint32_t* rows;
  const RowGradient* gradients;
  std::size_t size;
};

/// Where some rows of a child are written.
struct NodeRowsOut {
  std::uint32_t* rows;
  RowGradient* gradients;
  std::size_t size;  ///< how many there will be: nothing is written behind them
};

/// 1 for the bytes of a column that go left.
using GoesLeft = std::array<std::uint8_t, 256>;

/// Bit i % 64 of mask[i / 64] is 1 where row i goes left; returns how many do. mask: (rows.size + 63) / 64 words.
std::size_t mark_left(const NodeRows& rows, const ColumnBins& column, const GoesLeft& goes_left, std::uint64_t* mask);

/// Writes the marked rows to `left` and the others to `right`, in their order.
void move_rows(const NodeRows& rows, const std::uint64_t* mask, const NodeRowsOut& left, const NodeRowsOut& right);

}  // namespace thrum
