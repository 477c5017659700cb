#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/random.h"
#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/grown_tree_internal.h"

namespace thrum::forest {

enum class Impurity { gini, entropy, squared_error, absolute_error, poisson, none };

/// How one tree grows.
struct Growth {
  Impurity impurity = Impurity::gini;
  bool random_thresholds = false;  ///< one threshold per feature is drawn instead of the best one
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

/// Grows a tree on `sample`, which it reorders. The same tree for any number of threads. Throws cancelled.
GrownTree grow_tree(const RankedTable& table, const ForestRows& data, std::vector<SampleRow> sample,
                    const Growth& growth, const Execution& execution);

}  // namespace thrum::forest
