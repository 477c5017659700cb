#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/key_table.h"
#include "thrum/data/ranked_table.h"

namespace thrum::forest {

/// Floats as whole numbers of the same order, all above 0 and below `key_above_all`.
inline std::uint32_t key_of_float(float x) noexcept {
  constexpr std::uint32_t sign = std::uint32_t{1} << 31;
  const auto bits = std::bit_cast<std::uint32_t>(x + 0.0F);  // both zeros have one key
  return (bits & sign) != 0 ? ~bits : bits | sign;
}
inline float float_of_key(std::uint32_t key) noexcept {
  constexpr std::uint32_t sign = std::uint32_t{1} << 31;
  return std::bit_cast<float>((key & sign) != 0 ? key ^ sign : ~key);
}
constexpr std::uint32_t key_above_all = ~std::uint32_t{0};

/// How the numbers of a feature are rounded to floats: in units of a power of two, and, where that tells more of them
/// apart (moments of a year, in seconds), from the least of them on.
struct NumberCode {
  double per_unit = 1;
  double offset = 0;  ///< in units

  /// What suits the lowest numbers of the ranks, which are finite and ascending.
  static NumberCode of(std::span<const double> lowest);

  /// Of a higher number never less.
  std::uint32_t key(double x) const noexcept { return key_of_float(static_cast<float>(x * per_unit - offset)); }
  double number(std::uint32_t key) const noexcept {
    return (static_cast<double>(float_of_key(key)) + offset) / per_unit;
  }
};

/// The keys of the ranks of a feature: of numbers those of their lowest ones, of categories, and of what is missing,
/// the ranks themselves.
struct RankKeys {
  NumberCode code = {};
  std::vector<std::uint32_t> keys = {};  ///< (n_ranks), never descending

  static RankKeys of(const RankMap& map);
  /// A threshold that parts the ranks with keys up to `key` from the others: a float near what the key stands for, if
  /// one lies there. REQUIRES: a number of the map has at most this key.
  double threshold(const RankMap& map, std::uint32_t key) const;
};

/// The rows of a ranked table with, instead of a number's rank, the key of the rank's lowest number, so that a number
/// between two of a node is drawn without a look at the ranks' maps. Categories keep their rank, missing values 0.
class NumberTable {
 public:
  /// Throws cancelled.
  NumberTable(const RankedTable& table, const Execution& execution);

  KeyView<std::uint32_t> keys() const noexcept { return keys_.view(); }
  std::span<const RankKeys> ranks() const noexcept { return ranks_; }  ///< of the features

 private:
  std::vector<RankKeys> ranks_;
  KeyTable<std::uint32_t> keys_;
};

}  // namespace thrum::forest
