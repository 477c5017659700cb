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

/// A number's column: (x - mean) / scale, missing values being `fill`. The same bits on every instruction set.
void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<float>& out);
void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<double>& out);

}  // namespace thrum
