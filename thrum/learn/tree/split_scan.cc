#include "thrum/learn/tree/split_scan_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/tree/split_scan.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// (max(|g| - l1, 0))^2
template <bool Penalty, class D, class V>
HWY_INLINE V shrunk_square(D d, V g, V l1) {
  if constexpr (!Penalty) return hn::Mul(g, g);
  const V shrunk = hn::Max(hn::Sub(hn::Abs(g), l1), hn::Zero(d));
  return hn::Mul(shrunk, shrunk);
}

/// Penalty: whether l1 or l2 is not 0. Without, fewer steps give the same.
template <bool Penalty>
HWY_INLINE ScanBest scan_with(const GradientSum* left, std::size_t n, GradientSum extra, GradientSum total,
                              const ScanRules& rules) {
  const hn::ScalableTag<std::int32_t> di;
  const hn::RebindToFloat<decltype(di)> df;
  const auto l1 = hn::Set(df, rules.l1);
  const auto l2 = hn::Set(df, rules.l2);
  const auto too_little = hn::Set(di, rules.min_hessian - 1);
  const auto g_extra = hn::Set(di, gradient_of(extra));
  const auto h_extra = hn::Set(di, hessian_of(extra));
  const auto g_total = hn::Set(di, gradient_of(total));
  const auto h_total = hn::Set(di, hessian_of(total));
  const auto last = hn::Set(di, static_cast<std::int32_t>(n));

  const auto none = hn::Set(df, -1.0f);
  auto best_score = none;
  auto best_bin = hn::Set(di, -1);
  auto bin = hn::Iota(di, 0);
  const auto step = hn::Set(di, static_cast<std::int32_t>(hn::Lanes(di)));
  const auto* halves = reinterpret_cast<const std::int32_t*>(left);  // h, g, h, g, ...
  for (std::size_t i = 0; i < n; i += hn::Lanes(di)) {
    hn::Vec<decltype(di)> hl;
    hn::Vec<decltype(di)> gl;
    hn::LoadInterleaved2(di, halves + 2 * i, hl, gl);
    gl = hn::Add(gl, g_extra);
    hl = hn::Add(hl, h_extra);
    const auto gr = hn::Sub(g_total, gl);
    const auto hr = hn::Sub(h_total, hl);
    const auto allowed = hn::And(hn::And(hn::Gt(hl, too_little), hn::Gt(hr, too_little)), hn::Lt(bin, last));

    const auto square_l = shrunk_square<Penalty>(df, hn::ConvertTo(df, gl), l1);
    const auto square_r = shrunk_square<Penalty>(df, hn::ConvertTo(df, gr), l1);
    auto below_l = hn::ConvertTo(df, hl);
    auto below_r = hn::ConvertTo(df, hr);
    if constexpr (Penalty) {
      below_l = hn::Add(below_l, l2);
      below_r = hn::Add(below_r, l2);
    }
    const auto above = hn::Add(hn::Mul(square_l, below_r), hn::Mul(square_r, below_l));
    const auto score = hn::IfThenElse(hn::RebindMask(df, allowed), hn::Div(above, hn::Mul(below_l, below_r)), none);

    best_bin = hn::IfThenElse(hn::RebindMask(di, hn::Gt(score, best_score)), bin, best_bin);
    best_score = hn::Max(score, best_score);
    bin = hn::Add(bin, step);
  }
  float scores[hn::MaxLanes(df)];
  std::int32_t bins[hn::MaxLanes(di)];
  hn::StoreU(best_score, df, scores);
  hn::StoreU(best_bin, di, bins);
  ScanBest best{.score = -1, .bin = -1};
  for (std::size_t lane = 0; lane < hn::Lanes(di); ++lane) {
    if (scores[lane] < best.score || bins[lane] < 0) continue;
    if (scores[lane] > best.score || bins[lane] < best.bin) best = {scores[lane], bins[lane]};
  }
  return best;
}

ScanBest scan(const GradientSum* left, std::size_t n, GradientSum extra, GradientSum total, const ScanRules& rules) {
  if (rules.l1 == 0 && rules.l2 == 0) return scan_with<false>(left, n, extra, total, rules);
  return scan_with<true>(left, n, extra, total, rules);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(scan);

ScanBest scan_splits(const GradientSum* left, std::size_t n, GradientSum extra, GradientSum total,
                     const ScanRules& rules) {
  return HWY_DYNAMIC_DISPATCH(scan)(left, n, extra, total, rules);
}

}  // namespace thrum
#endif
