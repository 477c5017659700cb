#pragma once

#include <cstddef>

#include "thrum/comm/execution.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/data/encoder.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum {

/// The encoded rows of one rank, as kernels want them: (n_tiles, n_columns, tile_rows). Inside a tile a column's values
/// lie side by side, so that both margins X w and gradients X^T r are sums of whole vectors. The last tile is padded
/// with zeros. T is float or double.
template <class T>
class DesignMatrix {
 public:
  /// Encodes all rows of `dataset` in parallel. Throws cancelled, out_of_memory.
  DesignMatrix(const Dataset& dataset, const Encoder& encoder, const Execution& execution);
  /// From rows that are encoded already: X: (n_rows, n_columns).
  explicit DesignMatrix(MatrixView<const double> X);

  std::size_t n_rows() const noexcept { return n_rows_; }
  std::size_t n_columns() const noexcept { return n_columns_; }
  /// A multiple of 128 bytes and a divisor of row_block, from n_columns only.
  std::size_t tile_rows() const noexcept { return tile_rows_; }
  /// Rows of a block that a pass reads before it looks at the limit of memory: whole tiles, a divisor of row_block,
  /// from n_columns only.
  std::size_t rows_at_once() const noexcept;
  std::size_t n_tiles() const noexcept { return (n_rows_ + tile_rows_ - 1) / tile_rows_; }
  /// (n_columns, tile_rows)
  const T* tile(std::size_t t) const noexcept { return values_.data() + t * n_columns_ * tile_rows_; }

 private:
  DesignMatrix(std::size_t n_rows, std::size_t n_columns, Scratch* scratch);
  void encode_number(std::size_t column, std::size_t begin, std::span<const double> values,
                     const Encoder::FeatureEncoding& encoding);
  void encode_category(std::size_t column, std::size_t begin, std::span<const double> values, std::size_t n_categories,
                       bool missing_column);
  T& at(std::size_t row, std::size_t column) {
    return values_.data()[(row / tile_rows_ * n_columns_ + column) * tile_rows_ + row % tile_rows_];
  }

  std::size_t n_rows_;
  std::size_t n_columns_;
  std::size_t tile_rows_;
  ZeroedArray<T> values_;
};

}  // namespace thrum
