#include <algorithm>

#include "thrum/learn/tree/forest/random_threshold_internal.h"

namespace thrum::forest {

double number_between(const RankMap& map, std::uint32_t lowest, std::uint32_t highest, double u) {
  return map.lowest[lowest - 1] * (1 - u) + map.lowest[highest - 1] * u;
}

DrawnThreshold threshold_at(const RankMap& map, std::uint32_t lowest, std::uint32_t highest, double wanted) {
  const auto left = static_cast<std::uint32_t>(std::clamp<std::size_t>(map.rank_at(wanted), lowest, highest - 1));
  const double a = map.is_exact() ? map.lowest[left - 1] : map.highest[left - 1];
  const double b = map.lowest[left];
  const double rounded = static_cast<double>(static_cast<float>(wanted));
  if (a <= rounded && rounded < b) return {left, rounded};
  return {left, a <= wanted && wanted < b ? wanted : map.threshold(left, left + 1)};
}

}  // namespace thrum::forest
