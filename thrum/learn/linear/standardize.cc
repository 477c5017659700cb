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

/// The compiler makes vectors of the loops. A piece reads so few values of each column that the processor does not see
/// the pattern by itself.
template <class T>
void standardize_column(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                        const TiledColumn<T>& column, const double* wanted_soon) {
  const double fill = encoding.fill, mean = encoding.mean, factor = encoding.factor();
  for (std::size_t begin = 0, tile = 0; begin < values.size(); begin += column.tile_rows, ++tile) {
    const std::size_t n = std::min(column.tile_rows, values.size() - begin);
    const double* HWY_RESTRICT x = values.data() + begin;
    for (std::size_t i = 0; wanted_soon != nullptr && i < n; i += 8) hwy::Prefetch(wanted_soon + begin + i);
    T* HWY_RESTRICT out = column.first + tile * column.stride;
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(((x[i] != x[i] ? fill : x[i]) - mean) * factor);
  }
}

void standardize_f32(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                     const TiledColumn<float>& out, const double* wanted_soon) {
  standardize_column(values, encoding, out, wanted_soon);
}
void standardize_f64(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                     const TiledColumn<double>& out, const double* wanted_soon) {
  standardize_column(values, encoding, out, wanted_soon);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(standardize_f32);
HWY_EXPORT(standardize_f64);

void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<float>& out, const double* wanted_soon) {
  HWY_DYNAMIC_DISPATCH(standardize_f32)(values, encoding, out, wanted_soon);
}

void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<double>& out, const double* wanted_soon) {
  HWY_DYNAMIC_DISPATCH(standardize_f64)(values, encoding, out, wanted_soon);
}

}  // namespace thrum
#endif
