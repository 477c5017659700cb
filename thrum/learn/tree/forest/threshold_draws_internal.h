#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/key_scan_internal.h"
#include "thrum/learn/tree/forest/number_keys_internal.h"
#include "thrum/learn/tree/forest/split_internal.h"

namespace thrum::forest {

/// Divides a node's rows by numbers at thresholds that are drawn: any between the least and the greatest number of the
/// node, each as likely.
template <class Criterion>
class ThresholdDraws {
 public:
  explicit ThresholdDraws(const Growth& growth) : growth_(growth) {}

  /// keys: of the node's rows in a feature of numbers (see NumberTable), with padding. bits: a draw, uniform below
  /// 2^64. REQUIRES: node.begin(rows) was called.
  SplitResult search(const Criterion& node, std::span<const std::uint32_t> keys, const RankMap& map,
                     std::uint64_t bits) const {
    const KeyRange range = range_of(keys);
    SplitResult result{.split = {}, .is_constant = range.is_constant()};
    if (result.is_constant) return result;
    if (range.lowest < range.highest) {
      result.split.left = draw(range, bits);
    } else if (map.has_room_above()) {  // the others are missing
      result.split.left = key_above_all;
    } else {
      return result;
    }
    score_side(node, keys, false, result.split);
    if (range.any_missing) score_side(node, keys, true, result.split);
    return result;
  }

 private:
  static std::uint32_t draw(const KeyRange& range, std::uint64_t bits) noexcept {
    const double u = static_cast<double>(bits >> 11) * 0x1.0p-53;
    const double low = static_cast<double>(float_of_key(range.lowest));
    const double high = static_cast<double>(float_of_key(range.highest));
    const std::uint32_t drawn = key_of_float(static_cast<float>(low * (1 - u) + high * u));
    return std::clamp(drawn, range.lowest, range.highest - 1);
  }

  /// Scores the division with the missing rows on one side, and keeps the better.
  void score_side(const Criterion& node, std::span<const std::uint32_t> keys, bool missing_left,
                  RankSplit& split) const {
    const std::uint32_t first = missing_left ? 0 : 1;
    typename Criterion::Left left(node);
    const std::size_t n_left = add_left(node, keys, {.first = first, .last_offset = split.left - first}, left);
    if (n_left == 0 || n_left == keys.size()) return;
    if (!growth_.allows(n_left, keys.size(), left.weight(), node.weight())) return;
    const double score = left.score();
    if (!(score > split.score)) return;
    split.score = score;
    split.missing_left = missing_left;
  }

  static std::size_t add_left(const Criterion& node, std::span<const std::uint32_t> keys, const KeyInterval& interval,
                              typename Criterion::Left& left) {
    if constexpr (requires { left.add_where(keys, interval); }) return left.add_where(keys, interval);
    std::size_t n_left = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const bool goes_left = interval.holds(keys[i]);
      left.add_if(goes_left, node.payload(i));
      n_left += goes_left ? 1 : 0;
    }
    return n_left;
  }

  const Growth& growth_;
};

}  // namespace thrum::forest
