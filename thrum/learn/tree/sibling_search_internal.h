#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/binned_table.h"
#include "thrum/learn/tree/flag_columns_internal.h"
#include "thrum/learn/tree/growing_node_internal.h"
#include "thrum/learn/tree/node_features_internal.h"
#include "thrum/learn/tree/split_search_internal.h"

namespace thrum {

/// Neighbouring columns of a table that one task searches.
struct ColumnGroup {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::size_t> features = {};  ///< but for flags
  std::vector<FlagColumn> flags = {};
};

/// All columns of the table.
std::vector<ColumnGroup> column_groups(const BinnedTable& table);

/// Finds the best splits of siblings from the histogram of the smaller one and that of their parent. Groups of columns
/// may be searched at the same time.
class SiblingSearch {
 public:
  /// All of them outlive it.
  SiblingSearch(const BinnedTable& table, const SplitRules& rules, const GradientGrid& grid,
                const NodeFeatures& features)
      : table_(table), splits_(table.features(), rules, grid), features_(features) {}

  /// Which features may split them: before the first group.
  void choose_features(const Siblings& siblings) const;
  /// The best splits of the smaller and the larger one in these columns, which the larger one's histogram takes over
  /// from the parent.
  std::array<Split, 2> best_splits(const Siblings& siblings, const ColumnGroup& group) const;
  /// `found`: what best_splits gave, for the groups one after the other.
  void keep_best(const Siblings& siblings, const std::array<Split, 2>& found) const;

 private:
  void subtract(const Siblings& siblings, const ColumnGroup& group) const;
  Split best_split(const GrowingNode& node, const ColumnGroup& group) const;
  std::span<const std::uint8_t> allowed(const GrowingNode& node) const;

  const BinnedTable& table_;
  SplitSearch splits_;
  const NodeFeatures& features_;
};

}  // namespace thrum
