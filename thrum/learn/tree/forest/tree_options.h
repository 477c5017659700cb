#pragma once

#include <string>

namespace thrum {

/// What decides how the trees of a forest grow, with scikit-learn's names.
struct TreeOptions {
  /// What a split lowers: "auto" (gini for classes, squared_error for numbers), "gini", "entropy", "log_loss" (the
  /// same), "squared_error", "absolute_error", "poisson".
  std::string criterion = "auto";
  int max_depth = -1;  ///< splits above a leaf at most; -1: any number
  int min_samples_split = 2;
  int min_samples_leaf = 1;
  double min_weight_fraction_leaf = 0;  ///< of the weight of all rows
  double min_impurity_decrease = 0;     ///< that a split must bring, weighted by the node's share of the rows
  /// How many features are drawn for a node: "auto" (sqrt for classes, half for numbers), "all", "sqrt", "log2",
  /// a number of them or a fraction below 1.
  std::string max_features = "all";
  int max_leaf_nodes = 0;             ///< 0: any number; else the most promising nodes are split first
  double ccp_alpha = 0;               ///< of minimal cost-complexity pruning
  std::string class_weight = "none";  ///< "none", "balanced", or "label=weight,label=weight" (others: 1)
};

}  // namespace thrum
