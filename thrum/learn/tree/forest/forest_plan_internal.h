#pragma once

#include <cstddef>
#include <string_view>

#include "thrum/data/dataset.h"
#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/tree_options.h"

namespace thrum::forest {

/// What a fit's options come to for its data.
struct Plan {
  Growth growth = {};  ///< of each tree, besides the random numbers
  Thresholds thresholds = Thresholds::best;
  std::size_t n_trees = 1;
  bool bootstrap = false;
  std::size_t n_samples = 0;  ///< rows drawn per tree, with replacement, where `bootstrap`
  double ccp_alpha = 0;
  bool out_of_bag = false;
};

/// What the option stands for, given the task ("auto").
Impurity impurity_of(std::string_view criterion, Task task);

/// What a criterion says about the task; natural_task(target) for "auto".
Task task_of(std::string_view criterion, const Column& target);

/// `text` as TreeOptions::max_features has it, or "auto": the square root for classes, half for numbers. Throws
/// invalid_argument for any other text.
std::size_t feature_count(std::string_view text, std::size_t n_features, Task task);

/// The growth of `options`. Throws invalid_argument: a criterion that does not go with the target, targets that do not
/// go with the criterion.
Growth plan_growth(const TreeOptions& options, const Schema& schema, const ForestRows& rows, std::string_view where);

}  // namespace thrum::forest
