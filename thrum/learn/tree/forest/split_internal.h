#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace thrum::forest {

/// A question that divides the rows of a node, in terms of ranks (thrum/data/ranked_table.h).
struct RankSplit {
  double score = -std::numeric_limits<double>::infinity();  ///< the higher the better, in the criterion's terms
  std::uint32_t feature = 0;
  /// Of a number: ranks 1 to `left` go left; `right` is the next one that the node has, or the number of ranks.
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  double drawn = std::numeric_limits<double>::quiet_NaN();  ///< near which the threshold is to be; NaN: in the middle
  bool missing_left = false;
  bool is_category = false;
  std::vector<std::uint64_t> categories = {};  ///< those that go left, one bit each

  bool found() const noexcept { return score > -std::numeric_limits<double>::infinity(); }
  bool goes_left(std::uint16_t rank) const noexcept {
    if (rank == 0) return missing_left;
    if (!is_category) return rank <= left;
    const std::size_t code = rank - 1u;
    return (categories[code / 64] >> code % 64 & 1) != 0;
  }
};

/// What a node's rows have in one feature.
struct SplitResult {
  RankSplit split = {};
  bool is_constant = false;  ///< all rows have the same rank
};

}  // namespace thrum::forest
