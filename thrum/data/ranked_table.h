#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/dataset.h"
#include "thrum/data/key_table.h"

namespace thrum {

struct RankedColumn;

/// How the values of one feature became ranks. Rank 0 is for missing values and, of a category feature, for unknown
/// categories and those beyond the first RankedTable::max_ranks.
struct RankMap {
  FeatureType type = FeatureType::number;
  /// Of a number: rank r >= 1 holds the values from lowest[r - 1] to highest[r - 1], both of which occur; ascending.
  /// They are equal, and `highest` is empty, where every value has a rank of its own.
  std::vector<double> lowest = {};
  std::vector<double> highest = {};
  std::size_t n_categories = 0;  ///< of a category feature: code c has rank c + 1, if there is one

  bool is_exact() const noexcept { return highest.empty(); }
  std::size_t n_ranks() const noexcept;  ///< rank 0 included
  /// A number t with x <= t for the values of rank `left` and below, x > t for those of rank `right` and above. It is a
  /// float where one lies there, as near to the middle as it can. REQUIRES: 1 <= left < right <= n_ranks(), and where
  /// right is n_ranks(), has_room_above().
  double threshold(std::size_t left, std::size_t right) const noexcept;
  /// The last rank that begins at or below `x`; 0 where all are above.
  std::size_t rank_at(double x) const noexcept;
  /// Whether a threshold fits above all values: whether the largest number, and so an infinite one, is not among them.
  bool has_room_above() const noexcept;
};

/// The features of the rows of all ranks as whole numbers of 16 bits that keep the order of the values: what exact
/// trees learn from. Up to max_ranks different values each have a rank of their own; more are put into ranks of about
/// equally many rows. Infinite numbers count as the largest finite ones. Immutable.
class RankedTable {
 public:
  static constexpr std::size_t max_ranks = 65535;  ///< of a feature, besides rank 0

  /// The same table on every rank and for any number of threads (collective). Rows of `row_mask` 0 (empty: none) have
  /// ranks too, but no say in what they hold. Throws cancelled.
  static RankedTable build(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Execution& execution);

  std::size_t n_rows() const noexcept { return n_rows_; }  ///< of all ranks
  std::size_t n_features() const noexcept { return maps_.size(); }
  std::span<const RankMap> maps() const noexcept { return maps_; }
  /// Whether each different value has a rank of its own, so that masks made no difference.
  bool is_exact() const noexcept;

  KeyView<std::uint16_t> ranks() const noexcept { return ranks_.view(); }
  /// Rank of row i in feature j: column(j)[i * stride()].
  const std::uint16_t* column(std::size_t j) const noexcept { return ranks_.view().column(j); }
  std::size_t stride() const noexcept { return ranks_.stride(); }

 private:
  void store(std::vector<RankedColumn>& columns, const Execution& execution);

  std::size_t n_rows_ = 0;
  std::vector<RankMap> maps_;
  KeyTable<std::uint16_t> ranks_;
};

}  // namespace thrum
