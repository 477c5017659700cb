#include "thrum/learn/tree/gradient_grid_internal.h"

#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/row_hash_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/tree/gradient_grid.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows [0, n): a hash of the row (the finaliser of MurmurHash3) gives 16 random bits for g and 16 for h. Only exact or
/// singly rounded operations, so that all instruction sets agree.
HWY_INLINE void round_lanes(std::uint32_t key, std::uint32_t first, float g_scale, float h_scale, float steps,
                            const float* g, const float* h, RowGradient* out, std::size_t n) {
  const hn::ScalableTag<float> df;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::RebindToSigned<decltype(df)> di;
  const auto half_bits = hn::Set(df, 0x1p-16f);
  const auto most = hn::Set(df, steps);
  const auto held = [&](auto v) { return hn::Max(hn::Min(v, most), hn::Neg(most)); };
  for (std::size_t i = 0; i < n; i += hn::Lanes(df)) {
    const std::size_t left = std::min(hn::Lanes(df), n - i);
    auto x = hn::Add(hn::Iota(du, static_cast<std::uint32_t>(first + i)), hn::Set(du, key));
    x = hn::Mul(hn::Xor(x, hn::ShiftRight<16>(x)), hn::Set(du, 0x85ebca6bu));
    x = hn::Mul(hn::Xor(x, hn::ShiftRight<13>(x)), hn::Set(du, 0xc2b2ae35u));
    x = hn::Xor(x, hn::ShiftRight<16>(x));
    const auto draw_g = hn::Mul(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<16>(x))), half_bits);
    const auto low = hn::And(hn::BitCast(di, x), hn::Set(di, 0xffff));
    const auto draw_h = hn::Mul(hn::ConvertTo(df, low), half_bits);
    const auto vg = left == hn::Lanes(df) ? hn::LoadU(df, g + i) : hn::MaskedLoad(hn::FirstN(df, left), df, g + i);
    const auto vh = left == hn::Lanes(df) ? hn::LoadU(df, h + i) : hn::MaskedLoad(hn::FirstN(df, left), df, h + i);
    const auto whole_g = hn::ConvertTo(di, hn::Floor(hn::Add(held(hn::Mul(vg, hn::Set(df, g_scale))), draw_g)));
    const auto whole_h = hn::ConvertTo(di, hn::Floor(hn::Add(held(hn::Mul(vh, hn::Set(df, h_scale))), draw_h)));
    const auto row = hn::Add(hn::ShiftLeft<16>(whole_g), whole_h);
    if (left == hn::Lanes(df)) {
      hn::StoreU(row, di, out + i);
    } else {
      hn::BlendedStore(row, hn::FirstN(di, left), di, out + i);
    }
  }
}

void round_rows(std::uint32_t key, std::uint32_t first, const GradientGrid& grid, const float* g, const float* h,
                RowGradient* out, std::size_t n) {
  round_lanes(key, first, static_cast<float>(1 / grid.g_unit), static_cast<float>(1 / grid.h_unit),
              static_cast<float>(grid.steps), g, h, out, n);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(round_rows);

namespace {

/// The smallest power of two u with x <= steps * u, within what single precision can divide by.
double unit_for(double x, double steps) {
  int exponent = 0;
  const double mantissa = std::frexp(x / steps, &exponent);  // in [0.5, 1)
  if (x <= 0) return 1;
  return std::ldexp(1.0, std::clamp(mantissa == 0.5 ? exponent - 1 : exponent, -120, 120));
}

}  // namespace

std::int32_t GradientGrid::limit(std::size_t n_rows) {
  constexpr std::size_t largest_sum = (std::size_t{1} << 31) - 1;
  return static_cast<std::int32_t>(std::min<std::size_t>(32767, largest_sum / std::max<std::size_t>(n_rows, 1)));
}

GradientGrid GradientGrid::of(double max_g, double max_h, std::size_t n_rows) {
  const std::int32_t steps = limit(n_rows) - 1;
  return {unit_for(max_g, steps), unit_for(max_h, steps), steps};
}

GradientExtent measure_gradients(std::span<const float> g, std::span<const float> h) {
  // Lanes of their own, so that sums neither wait for each other nor depend on the instruction set.
  constexpr std::size_t n_lanes = 16;
  float max_g[n_lanes] = {};
  float max_h[n_lanes] = {};
  double squares[n_lanes] = {};
  double sums[n_lanes] = {};
  const auto add = [&](std::size_t lane, float gi, float hi) {
    max_g[lane] = std::max(max_g[lane], std::abs(gi));
    max_h[lane] = std::max(max_h[lane], hi);
    squares[lane] += static_cast<double>(gi) * static_cast<double>(gi);
    sums[lane] += static_cast<double>(hi);
  };
  std::size_t i = 0;
  for (; i + n_lanes <= g.size(); i += n_lanes) {
    for (std::size_t lane = 0; lane < n_lanes; ++lane) add(lane, g[i + lane], h[i + lane]);
  }
  for (; i < g.size(); ++i) add(i % n_lanes, g[i], h[i]);
  GradientExtent extent;
  for (std::size_t lane = 0; lane < n_lanes; ++lane) {
    extent.max_g = std::max(extent.max_g, static_cast<double>(max_g[lane]));
    extent.max_h = std::max(extent.max_h, static_cast<double>(max_h[lane]));
    extent.sum_of_squares += squares[lane];
    extent.sum_h += sums[lane];
  }
  return extent;
}

void round_gradients(const GradientRounding& rounding, std::span<const float> g, std::span<const float> h,
                     std::span<RowGradient> out) {
  // The hash has 32 bits; what is above them in the row's number goes into its key.
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t row = rounding.first_row + done;
    const std::size_t until_wrap = (std::size_t{1} << 32) - (row & 0xffffffff);
    const std::size_t n = std::min(out.size() - done, until_wrap);
    const auto key = static_cast<std::uint32_t>(derived_key(rounding.seed, row >> 32));
    HWY_DYNAMIC_DISPATCH(round_rows)
    (key, static_cast<std::uint32_t>(row), rounding.grid, g.data() + done, h.data() + done, out.data() + done, n);
    done += n;
  }
}

}  // namespace thrum
#endif
