#include "thrum/learn/linear/standardize_internal.h"

#include <hwy/cache_control.h>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/linear/standardize.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {

/// The compiler makes vectors of the loops. What comes next in a stored column is fetched meanwhile: a piece reads so
/// few values of each that the processor does not see the pattern.
template <class T>
void standardize_column(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                        const TiledColumn<T>& column) {
  const double fill = encoding.fill, mean = encoding.mean, scale = encoding.scale;
  for (std::size_t begin = 0, tile = 0; begin < values.size(); begin += column.tile_rows, ++tile) {
    const std::size_t n = std::min(column.tile_rows, values.size() - begin);
    const double* HWY_RESTRICT x = values.data() + begin;
    for (std::size_t i = 0; i < n; i += 8) hwy::Prefetch(x + values.size() + i);
    T* HWY_RESTRICT out = column.first + tile * column.stride;
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(((x[i] != x[i] ? fill : x[i]) - mean) / scale);
  }
}

void standardize_f32(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                     const TiledColumn<float>& out) {
  standardize_column(values, encoding, out);
}
void standardize_f64(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                     const TiledColumn<double>& out) {
  standardize_column(values, encoding, out);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(standardize_f32);
HWY_EXPORT(standardize_f64);

void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<float>& out) {
  HWY_DYNAMIC_DISPATCH(standardize_f32)(values, encoding, out);
}

void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<double>& out) {
  HWY_DYNAMIC_DISPATCH(standardize_f64)(values, encoding, out);
}

}  // namespace thrum
#endif
