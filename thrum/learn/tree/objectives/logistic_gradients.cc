#include "thrum/learn/tree/objectives/logistic_gradients_internal.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/tree/objectives/logistic_gradients.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One vector of rows, in single precision, which the gradients are stored in.
HWY_INLINE void add_lanes(const float* z, const float* y, const float* w, float* g, float* h) {
  const hn::ScalableTag<float> d;
  const auto one = hn::Set(d, 1.0f);
  const auto margin = hn::Clamp(hn::LoadU(d, z), hn::Set(d, -80.0f), hn::Set(d, 80.0f));
  const auto p = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(margin))));
  const auto weight = hn::LoadU(d, w);
  hn::StoreU(hn::Mul(weight, hn::Sub(p, hn::LoadU(d, y))), d, g);
  hn::StoreU(hn::Mul(weight, hn::Mul(p, hn::Sub(one, p))), d, h);
}

void add_rows(std::span<const double> z, std::span<const double> y, std::span<const double> weights, std::span<float> g,
              std::span<float> h) {
  constexpr std::size_t tile = 256;  // a multiple of all widths
  float zt[tile] = {};
  float yt[tile] = {};
  float wt[tile];
  float gt[tile];
  float ht[tile];
  std::fill_n(wt, tile, 1.0f);
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<float>());
  for (std::size_t begin = 0; begin < z.size(); begin += tile) {
    const std::size_t n = std::min(tile, z.size() - begin);
    for (std::size_t i = 0; i < n; ++i) zt[i] = static_cast<float>(z[begin + i]);
    for (std::size_t i = 0; i < n; ++i) yt[i] = static_cast<float>(y[begin + i]);
    if (!weights.empty()) {
      for (std::size_t i = 0; i < n; ++i) wt[i] = static_cast<float>(weights[begin + i]);
    }
    for (std::size_t i = 0; i < tile && i < n; i += lanes) add_lanes(zt + i, yt + i, wt + i, gt + i, ht + i);
    std::copy_n(gt, n, g.data() + begin);
    std::copy_n(ht, n, h.data() + begin);
  }
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(add_rows);

void logistic_gradients(std::span<const double> z, std::span<const double> y, std::span<const double> weights,
                        std::span<float> g, std::span<float> h) {
  HWY_DYNAMIC_DISPATCH(add_rows)(z, y, weights, g, h);
}

}  // namespace thrum
#endif
