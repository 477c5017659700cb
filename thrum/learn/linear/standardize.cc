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
namespace hn = hwy::HWY_NAMESPACE;

/// As many as a line of the caches has: each is asked for beside the work on another.
using Doubles = hn::CappedTag<double, 8>;

HWY_INLINE void store(hn::Vec<Doubles> z, double* out) {
  hn::StoreU(z, Doubles(), out);
}
HWY_INLINE void store(hn::Vec<Doubles> z, float* out) {
  const hn::Rebind<float, Doubles> d;
  hn::StoreU(hn::DemoteTo(d, z), d, out);
}

/// A piece reads so few values of each column that the processor does not see the pattern by itself.
template <bool with_sums, class T>
ColumnSums standardize_column(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                              const TiledColumn<T>& column, const double* wanted_soon) {
  const Doubles d;
  const auto fill = hn::Set(d, encoding.fill), mean = hn::Set(d, encoding.mean), factor = hn::Set(d, encoding.factor());
  auto sum = hn::Zero(d), squares = hn::Zero(d);
  ColumnSums rest;
  for (std::size_t begin = 0, tile = 0; begin < values.size(); begin += column.tile_rows, ++tile) {
    const std::size_t n = std::min(column.tile_rows, values.size() - begin);
    const double* HWY_RESTRICT x = values.data() + begin;
    const double* wanted = wanted_soon == nullptr ? x : wanted_soon + begin;
    T* HWY_RESTRICT out = column.first + tile * column.stride;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
      if (i % 8 == 0) hwy::Prefetch(wanted + i);
      const auto value = hn::LoadU(d, x + i);
      const auto z = hn::Mul(hn::Sub(hn::IfThenElse(hn::Eq(value, value), value, fill), mean), factor);
      store(z, out + i);
      if constexpr (with_sums) {
        sum = hn::Add(sum, z);
        squares = hn::MulAdd(z, z, squares);
      }
    }
    for (; i < n; ++i) {
      const double z = ((x[i] != x[i] ? encoding.fill : x[i]) - encoding.mean) * encoding.factor();
      out[i] = static_cast<T>(z);
      rest.values += z;
      rest.squares += z * z;
    }
  }
  return {rest.values + hn::GetLane(hn::SumOfLanes(d, sum)), rest.squares + hn::GetLane(hn::SumOfLanes(d, squares))};
}

template <class T>
void standardize_values(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                        const TiledColumn<T>& out, const double* wanted_soon, ColumnSums* sums) {
  if (sums == nullptr) {
    standardize_column<false>(values, encoding, out, wanted_soon);
    return;
  }
  const ColumnSums more = standardize_column<true>(values, encoding, out, wanted_soon);
  sums->values += more.values;
  sums->squares += more.squares;
}

void standardize_f32(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                     const TiledColumn<float>& out, const double* wanted_soon, ColumnSums* sums) {
  standardize_values(values, encoding, out, wanted_soon, sums);
}
void standardize_f64(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                     const TiledColumn<double>& out, const double* wanted_soon, ColumnSums* sums) {
  standardize_values(values, encoding, out, wanted_soon, sums);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(standardize_f32);
HWY_EXPORT(standardize_f64);

void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<float>& out, const double* wanted_soon, ColumnSums* sums) {
  HWY_DYNAMIC_DISPATCH(standardize_f32)(values, encoding, out, wanted_soon, sums);
}

void standardize(std::span<const double> values, const Encoder::FeatureEncoding& encoding,
                 const TiledColumn<double>& out, const double* wanted_soon, ColumnSums* sums) {
  HWY_DYNAMIC_DISPATCH(standardize_f64)(values, encoding, out, wanted_soon, sums);
}

}  // namespace thrum
#endif
