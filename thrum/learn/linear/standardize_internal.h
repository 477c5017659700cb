#pragma once

#include <cstddef>
#include <span>

#include "thrum/data/encoder.h"

namespace thrum {

/// Where the values of a column lie in tiles.
template <class T>
struct TiledColumn {
  T* first;
  std::size_t tile_rows;
  std::size_t stride;  ///< from a tile's first value to the next one's
};

/// What the values of a column add up to, and their squares.
struct ColumnSums {
  double values = 0;
  double squares = 0;
};

/// A number's column: (x - mean) * (1 / scale), missing values being `fill`. The same bits on every instruction set.
/// wanted_soon: as many values, which are fetched meanwhile; may be null. sums: where what is written is added up, on
/// each instruction set with other roundings; may be null.
void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<float>& out, const double* wanted_soon, ColumnSums* sums);
void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<double>& out, const double* wanted_soon, ColumnSums* sums);

}  // namespace thrum
