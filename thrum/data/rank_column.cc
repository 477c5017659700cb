#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "thrum/data/rank_column_internal.h"

namespace thrum {
namespace {

struct Value {
  std::uint64_t key;  ///< in the order of the numbers
  std::uint32_t row;
};

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

std::uint64_t key_of(double x) {
  constexpr double largest = std::numeric_limits<double>::max();
  const auto bits = std::bit_cast<std::uint64_t>(std::clamp(x, -largest, largest) + 0.0);  // -0.0 + 0.0 is 0.0
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

double number_of(std::uint64_t key) {
  return std::bit_cast<double>((key & sign_bit) != 0 ? key & ~sign_bit : ~key);
}

/// By digits of 11 bits, the lowest first. Digits that are the same everywhere, as the last ones of floats are, cost
/// one look only.
void sort_by_key(std::vector<Value>& values) {
  constexpr int digit_bits = 11;
  constexpr std::size_t n_digits = std::size_t{1} << digit_bits;
  std::vector<Value> other(values.size());
  for (int shift = 0; shift < 64; shift += digit_bits) {
    std::array<std::size_t, n_digits + 1> begin{};
    for (const Value& value : values) ++begin[(value.key >> shift & (n_digits - 1)) + 1];
    if (std::find(begin.begin(), begin.end(), values.size()) != begin.end()) continue;
    for (std::size_t d = 0; d < n_digits; ++d) begin[d + 1] += begin[d];
    for (const Value& value : values) other[begin[value.key >> shift & (n_digits - 1)]++] = value;
    values.swap(other);
  }
}

/// The different keys of `values` that have a say, ascending, each with how many rows hold it.
struct Distinct {
  std::vector<std::uint64_t> keys;
  std::vector<std::size_t> counts;
};

Distinct distinct_keys(std::span<const Value> values, std::span<const std::uint8_t> mask) {
  Distinct distinct;
  for (const Value& value : values) {
    if (!mask.empty() && mask[value.row] == 0) continue;
    if (distinct.keys.empty() || distinct.keys.back() != value.key) {
      distinct.keys.push_back(value.key);
      distinct.counts.push_back(0);
    }
    ++distinct.counts.back();
  }
  return distinct;
}

/// Of each rank, the index of its last key: ranks end where the share of the rows that lie below passes a multiple of
/// 1 / max_ranks.
std::vector<std::size_t> last_of_ranks(const Distinct& distinct) {
  double n_rows = 0;
  for (const std::size_t count : distinct.counts) n_rows += static_cast<double>(count);
  std::vector<std::size_t> last;
  double below = 0;
  for (std::size_t k = 0; k < distinct.keys.size(); ++k) {
    below += static_cast<double>(distinct.counts[k]);
    const double wanted = n_rows * static_cast<double>(last.size() + 1) / static_cast<double>(RankedTable::max_ranks);
    if (below >= wanted) last.push_back(k);
  }
  return last;
}

RankMap rank_map(const Distinct& distinct) {
  RankMap map;
  if (distinct.keys.size() <= RankedTable::max_ranks) {
    for (const std::uint64_t key : distinct.keys) map.lowest.push_back(number_of(key));
    return map;
  }
  std::size_t first = 0;
  for (const std::size_t last : last_of_ranks(distinct)) {
    map.lowest.push_back(number_of(distinct.keys[first]));
    map.highest.push_back(number_of(distinct.keys[last]));
    first = last + 1;
  }
  return map;
}

}  // namespace

RankedColumn rank_numbers(std::span<const double> values, std::span<const std::uint8_t> mask) {
  RankedColumn column;
  column.ranks.resize(values.size(), 0);
  std::vector<Value> present;
  present.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) present.push_back({key_of(values[i]), static_cast<std::uint32_t>(i)});
  }
  sort_by_key(present);
  column.map = rank_map(distinct_keys(present, mask));
  const std::vector<double>& lowest = column.map.lowest;
  std::size_t rank = lowest.empty() ? 0 : 1;  // rows without a say go to the rank below them
  for (const Value& value : present) {
    const double x = number_of(value.key);
    while (rank < lowest.size() && lowest[rank] <= x) ++rank;
    column.ranks[value.row] = static_cast<std::uint16_t>(rank);
  }
  return column;
}

RankedColumn rank_categories(std::span<const double> codes, std::size_t n_categories) {
  RankedColumn column;
  column.map.type = FeatureType::category;
  column.map.n_categories = n_categories;
  const auto known = static_cast<double>(std::min(n_categories, RankedTable::max_ranks));
  column.ranks.reserve(codes.size());
  for (const double code : codes) {
    column.ranks.push_back(static_cast<std::uint16_t>(code < known ? code + 1 : 0));  // NaN is no less
  }
  return column;
}

}  // namespace thrum
