#include "thrum/learn/tree/forest/random_threshold_internal.h"

namespace thrum::forest {

double number_between(const RankMap& map, std::uint32_t lowest, std::uint32_t highest, double u) {
  return map.lowest[lowest - 1] * (1 - u) + map.lowest[highest - 1] * u;
}

double threshold_near(const RankMap& map, std::uint32_t left, std::uint32_t right, double wanted) {
  const double a = map.is_exact() ? map.lowest[left - 1] : map.highest[left - 1];
  const double b = map.lowest[right - 1];
  const double rounded = static_cast<double>(static_cast<float>(wanted));
  if (a <= rounded && rounded < b) return rounded;
  return a <= wanted && wanted < b ? wanted : map.threshold(left, right);
}

}  // namespace thrum::forest
