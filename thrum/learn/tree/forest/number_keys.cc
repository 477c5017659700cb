#include "thrum/learn/tree/forest/number_keys_internal.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace thrum::forest {
namespace {

std::size_t n_keys(const NumberCode& code, std::span<const double> lowest) {
  std::size_t n = 0;
  std::uint32_t last = 0;
  for (const double x : lowest) n += std::exchange(last, code.key(x)) != last ? 1 : 0;
  return n;
}

/// A threshold between the values of the ranks `left` and left + 1: `wanted`, if it is one, and a float, if one is
/// there.
double threshold_near(const RankMap& map, std::size_t left, double wanted) {
  const double a = map.is_exact() ? map.lowest[left - 1] : map.highest[left - 1];
  const double b = map.lowest[left];
  const double rounded = static_cast<double>(static_cast<float>(wanted));
  if (a <= rounded && rounded < b) return rounded;
  return a <= wanted && wanted < b ? wanted : map.threshold(left, left + 1);
}

}  // namespace

NumberCode NumberCode::of(std::span<const double> lowest) {
  constexpr int least_exponent = -1000;
  NumberCode plain;
  if (lowest.empty()) return plain;
  int exponent = 0;
  std::frexp(std::max(std::abs(lowest.front()), std::abs(lowest.back())), &exponent);
  plain.per_unit = std::ldexp(1.0, -std::max(exponent, least_exponent));
  const std::size_t n_plain = n_keys(plain, lowest);
  if (n_plain == lowest.size()) return plain;
  const NumberCode shifted{.per_unit = plain.per_unit, .offset = lowest.front() * plain.per_unit};
  return n_keys(shifted, lowest) > n_plain ? shifted : plain;
}

RankKeys RankKeys::of(const RankMap& map) {
  RankKeys ranks{.code = NumberCode::of(map.lowest), .keys = std::vector<std::uint32_t>(map.n_ranks())};
  std::iota(ranks.keys.begin(), ranks.keys.end(), 0U);
  for (std::size_t i = 0; i < map.lowest.size(); ++i) ranks.keys[i + 1] = ranks.code.key(map.lowest[i]);
  return ranks;
}

double RankKeys::threshold(const RankMap& map, std::uint32_t key) const {
  const std::uint32_t* at = keys.data();  // the last rank found whose key is low enough: no branch to be guessed
  for (std::size_t n = keys.size(); n > 1; n -= n / 2) at += at[n / 2] <= key ? n / 2 : 0;
  const auto left = static_cast<std::size_t>(at - keys.data());
  if (left + 1 == map.n_ranks()) return map.threshold(left, left + 1);
  return threshold_near(map, left, code.number(key));
}

NumberTable::NumberTable(const RankedTable& table, const Execution& execution)
    : keys_(table.n_rows(), table.n_features()) {
  const std::span<const RankMap> maps = table.maps();
  ranks_ =
      parallel_map(*execution.arena, maps.size(), [&](std::size_t j) { return RankKeys::of(maps[j]); }, execution.stop);
  const auto look_up = [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = 0; j < maps.size(); ++j) {
      const std::uint16_t* ranks = table.column(j);
      std::uint32_t* to = keys_.column(j);
      for (std::size_t i = begin; i < end; ++i) to[i * keys_.stride()] = ranks_[j].keys[ranks[i * table.stride()]];
    }
  };
  parallel_for(*execution.arena, table.n_rows(), row_block, look_up, execution.stop);
}

}  // namespace thrum::forest
