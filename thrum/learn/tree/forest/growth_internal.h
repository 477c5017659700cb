#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/random.h"
#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/grown_tree_internal.h"
#include "thrum/learn/tree/forest/number_keys_internal.h"

namespace thrum::forest {

enum class Impurity { gini, entropy, squared_error, absolute_error, poisson, none };

/// Whether the best threshold of a feature is looked for, or one is drawn.
enum class Thresholds { best, drawn };

/// What a table holds for it: ranks, or keys of numbers.
template <Thresholds thresholds>
using KeyOf = std::conditional_t<thresholds == Thresholds::best, std::uint16_t, std::uint32_t>;

/// How one tree grows.
struct Growth {
  Impurity impurity = Impurity::gini;
  std::size_t max_depth = 0;
  std::size_t min_samples_split = 2;
  std::size_t min_samples_leaf = 1;
  double min_weight_leaf = 0;      ///< in weight units
  double min_decrease = 0;         ///< of the loss
  std::size_t max_features = 0;    ///< that are looked at in a node, besides constant ones where those are all
  std::size_t max_leaf_nodes = 0;  ///< 0: no limit; else the best nodes are split first
  bool values_everywhere = false;  ///< for inner nodes, too
  Random random = Random(0);       ///< of this tree

  /// Whether a division of `n` rows keeps both sides large enough.
  bool allows(std::size_t n_left, std::size_t n, double left_weight, double weight) const noexcept {
    return n_left >= min_samples_leaf && n - n_left >= min_samples_leaf && left_weight >= min_weight_leaf &&
           weight - left_weight >= min_weight_leaf;
  }
};

/// What trees grow on. Refers to it.
struct GrowthTable {
  const RankedTable& ranks;
  const NumberTable* numbers = nullptr;  ///< where thresholds are drawn
};

/// Grows a tree on `sample`, which it reorders. The same tree for any number of threads. Throws cancelled.
GrownTree grow_tree(const GrowthTable& table, const ForestRows& data, std::vector<SampleRow> sample,
                    const Growth& growth, const Execution& execution);

}  // namespace thrum::forest
