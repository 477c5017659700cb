#include "thrum/learn/tree/forest/key_scan_internal.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/tree/forest/key_scan.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::forest::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

KeyRange range_of_lanes(const std::uint32_t* keys, std::size_t n) {
  const hn::ScalableTag<std::uint32_t> d;
  static_assert(hn::MaxLanes(d) <= scan_padding);
  const auto one = hn::Set(d, 1);
  const auto first = hn::Set(d, keys[0]);
  auto least = first;
  auto greatest = first;
  auto least_below = hn::Sub(first, one);  // of keys less one, where 0 is above all
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto some = hn::IfThenElse(hn::FirstN(d, n - i), hn::LoadU(d, keys + i), first);
    least = hn::Min(least, some);
    least_below = hn::Min(least_below, hn::Sub(some, one));
    greatest = hn::Max(greatest, some);
  }
  const std::uint32_t highest = hn::GetLane(hn::MaxOfLanes(d, greatest));
  const std::uint32_t lowest = hn::GetLane(hn::MinOfLanes(d, least_below)) + 1;
  return {.lowest = highest == 0 ? 0 : lowest,
          .highest = highest,
          .any_missing = hn::GetLane(hn::MinOfLanes(d, least)) == 0};
}

PayloadSums sum_payloads_of_lanes(const std::uint32_t* keys, const std::uint16_t* payloads, std::size_t n,
                                  const KeyInterval& interval) {
  const hn::ScalableTag<std::uint32_t> d;
  const hn::Rebind<std::uint16_t, decltype(d)> d16;
  const auto first = hn::Set(d, interval.first);
  const auto last_offset = hn::Set(d, interval.last_offset);
  const auto low_byte = hn::Set(d, 255);
  const auto one = hn::Set(d, 1);
  auto count = hn::Zero(d);
  auto low = hn::Zero(d);
  auto high = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto offset = hn::Sub(hn::LoadU(d, keys + i), first);
    const auto is_in = hn::Eq(hn::Min(offset, last_offset), offset);
    const auto is_left = hn::And(is_in, hn::FirstN(d, n - i));
    const auto payload = hn::IfThenElseZero(is_left, hn::PromoteTo(d, hn::LoadU(d16, payloads + i)));
    count = hn::Add(count, hn::IfThenElseZero(is_left, one));
    low = hn::Add(low, hn::And(payload, low_byte));
    high = hn::Add(high, hn::ShiftRight<8>(payload));
  }
  return {.n = hn::GetLane(hn::SumOfLanes(d, count)),
          .low = hn::GetLane(hn::SumOfLanes(d, low)),
          .high = hn::GetLane(hn::SumOfLanes(d, high))};
}

}  // namespace thrum::forest::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::forest {

HWY_EXPORT(range_of_lanes);
HWY_EXPORT(sum_payloads_of_lanes);

namespace {

constexpr std::size_t few = 4;  ///< for which vectors do not pay

KeyRange range_of_few(std::span<const std::uint32_t> keys) noexcept {
  KeyRange range;
  for (const std::uint32_t key : keys) {
    range.any_missing |= key == 0;
    if (key > 0 && (range.lowest == 0 || key < range.lowest)) range.lowest = key;
    range.highest = std::max(range.highest, key);
  }
  return range;
}

PayloadSums sum_few_payloads(std::span<const std::uint32_t> keys, const std::uint16_t* payloads,
                             const KeyInterval& interval) noexcept {
  PayloadSums sums;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!interval.holds(keys[i])) continue;
    ++sums.n;
    sums.low += payloads[i] & 255u;
    sums.high += static_cast<std::uint32_t>(payloads[i] >> 8);
  }
  return sums;
}

}  // namespace

KeyRange range_of(std::span<const std::uint32_t> keys) noexcept {
  if (keys.size() <= few) return range_of_few(keys);
  return HWY_DYNAMIC_DISPATCH(range_of_lanes)(keys.data(), keys.size());
}

PayloadSums sum_payloads(std::span<const std::uint32_t> keys, const std::uint16_t* payloads,
                         const KeyInterval& interval) noexcept {
  if (keys.size() <= few) return sum_few_payloads(keys, payloads, interval);
  return HWY_DYNAMIC_DISPATCH(sum_payloads_of_lanes)(keys.data(), payloads, keys.size(), interval);
}

}  // namespace thrum::forest
#endif
