#include "thrum/data/two_values_internal.h"

#include <algorithm>
#include <bit>
#include <cmath>

// The bits of a vector's lanes fit into a byte.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/data/two_values.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Sets bit i where values[i] is `high`, in words of 64; returns whether all are `low` or `high`. REQUIRES: a multiple
/// of 64.
bool mark_high(std::span<const double> values, double low, double high, std::uint64_t* words) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto lows = hn::Set(d, low);
  const auto highs = hn::Set(d, high);
  for (std::size_t begin = 0; begin < values.size(); begin += 64) {
    auto neither = hn::Ne(highs, highs);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 64; i += lanes) {
      const auto x = hn::LoadU(d, values.data() + begin + i);
      const auto is_high = hn::Eq(x, highs);
      neither = hn::Or(neither, hn::Not(hn::Or(is_high, hn::Eq(x, lows))));
      std::uint8_t bits[8] = {};
      hn::StoreMaskBits(d, is_high, bits);
      word |= std::uint64_t{bits[0]} << i;
    }
    if (!hn::AllFalse(d, neither)) return false;
    words[begin / 64] = word;
  }
  return true;
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(mark_high);

std::optional<TwoValues> find_two_values(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  const auto other = std::ranges::find_if(values, [first = values.front()](double x) { return x != first; });
  if (other == values.end() || std::isnan(*other) || std::isnan(values.front())) return std::nullopt;
  const auto [low, high] = std::minmax({values.front() + 0.0, *other + 0.0});  // -0 is 0
  TwoValues found{.low = low, .high = high, .is_high = RowBits((values.size() + 63) / 64)};
  const std::size_t whole = values.size() / 64 * 64;
  if (!HWY_DYNAMIC_DISPATCH(mark_high)(values.first(whole), low, high, found.is_high.data())) return std::nullopt;
  for (std::size_t i = whole; i < values.size(); ++i) {
    if (values[i] != low && values[i] != high) return std::nullopt;
    found.is_high.back() |= std::uint64_t{values[i] == high ? 1U : 0U} << i % 64;
  }
  for (const std::uint64_t word : found.is_high) found.n_high += static_cast<std::size_t>(std::popcount(word));
  return found;
}

}  // namespace thrum
#endif  // HWY_ONCE
