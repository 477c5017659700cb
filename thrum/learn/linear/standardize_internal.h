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

/// A number's column: (x - mean) * (1 / scale), missing values being `fill`. The same bits on every instruction set.
/// wanted_soon: as many values, which are fetched meanwhile; may be null.
void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<float>& out, const double* wanted_soon);
void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<double>& out, const double* wanted_soon);

}  // namespace thrum
