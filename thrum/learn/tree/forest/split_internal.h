#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "thrum/learn/tree/forest/key_scan_internal.h"
#include "thrum/model/tree/category_set_internal.h"

namespace thrum::forest {

/// A question that divides the rows of a node, in terms of ranks (thrum/data/ranked_table.h) or, where thresholds are
/// drawn, of keys (number_keys_internal.h).
struct RankSplit {
  double score = -std::numeric_limits<double>::infinity();  ///< the higher the better, in the criterion's terms
  std::uint32_t feature = 0;
  /// Of a number: ranks or keys 1 to `left` go left; `right` is the next rank that the node has, or the number of
  /// ranks.
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  bool missing_left = false;
  bool is_category = false;
  bool category_list = false;
  std::vector<std::uint64_t> categories = {};  ///< those that go left, as Tree::category_bits has them

  /// Of a number: the ranks or keys that go left.
  KeyInterval interval() const noexcept {
    const std::uint32_t first = missing_left ? 0 : 1;
    return {.first = first, .last_offset = left - first};
  }
  bool found() const noexcept { return score > -std::numeric_limits<double>::infinity(); }
  bool goes_left(std::uint32_t key) const noexcept {
    if (key == 0) return missing_left;
    if (!is_category) return interval().holds(key);
    return category_set_holds(categories.data(), category_list, key - 1);
  }
};

/// What a node's rows have in one feature.
struct SplitResult {
  RankSplit split = {};
  bool is_constant = false;  ///< all rows have the same key
};

}  // namespace thrum::forest
