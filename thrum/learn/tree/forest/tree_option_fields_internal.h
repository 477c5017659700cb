#pragma once

#include <string>
#include <vector>

#include "thrum/core/options.h"
#include "thrum/data/schema.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/tree/forest/forest_plan_internal.h"
#include "thrum/learn/tree/forest/random_forest.h"

namespace thrum::forest {

/// Lets the text of `field` be looked at by `check` when it is set.
template <class Check>
OptionField checked(OptionField field, Check check) {
  field.set = [set = field.set, check](void* options, std::string_view text) {
    check(text);
    set(options, text);
  };
  return field;
}

/// The fields of TreeOptions in Struct, which derives from it.
template <class Struct>
std::vector<OptionField> tree_fields() {
  using O = Struct;
  const auto text = [](std::string TreeOptions::* member) { return static_cast<std::string O::*>(member); };
  const auto integer = [](int TreeOptions::* member) { return static_cast<int O::*>(member); };
  const auto number = [](double TreeOptions::* member) { return static_cast<double O::*>(member); };
  const auto check_features = [](std::string_view value) {
    static_cast<void>(feature_count(value, 1, Task::regression));
  };
  const auto check_weights = [](std::string_view value) { static_cast<void>(parse_class_weight(value)); };
  return {
      option_field<O>("criterion", text(&TreeOptions::criterion),
                      {"auto", "gini", "entropy", "log_loss", "squared_error", "absolute_error", "poisson"},
                      "what a split lowers; auto: gini for classes, squared_error for numbers"),
      option_field("max_depth", integer(&TreeOptions::max_depth), Range{.low = -1},
                   "splits above a leaf at most; -1: any number"),
      option_field("min_samples_split", integer(&TreeOptions::min_samples_split), Range{.low = 2},
                   "rows of a node that may be split, at least"),
      option_field("min_samples_leaf", integer(&TreeOptions::min_samples_leaf), Range{.low = 1},
                   "rows of a leaf, at least"),
      option_field("min_weight_fraction_leaf", number(&TreeOptions::min_weight_fraction_leaf), Range{0, 0.5},
                   "share of the weight of all rows that a leaf has, at least"),
      option_field("min_impurity_decrease", number(&TreeOptions::min_impurity_decrease), Range{.low = 0},
                   "by how much a split lowers the impurity, weighted by the node's share of the rows, at least"),
      checked(option_field<O>("max_features", text(&TreeOptions::max_features), {},
                              "features drawn for a node: auto, all, sqrt, log2, a number or a fraction below 1"),
              check_features),
      option_field("max_leaf_nodes", integer(&TreeOptions::max_leaf_nodes), Range{.low = 0},
                   "leaves at most, the most promising nodes split first; 0: any number"),
      option_field("ccp_alpha", number(&TreeOptions::ccp_alpha), Range{.low = 0},
                   "prune what lowers the impurity by no more than this per leaf"),
      checked(option_field<O>("class_weight", text(&TreeOptions::class_weight), {},
                              "none, balanced, or label=weight,label=weight (labels left out: 1)"),
              check_weights),
  };
}

/// Those of ForestOptions in Struct, which derives from it.
template <class Struct>
std::vector<OptionField> forest_fields() {
  using O = Struct;
  std::vector<OptionField> fields = tree_fields<Struct>();
  const std::vector<OptionField> own = {
      option_field("n_estimators", static_cast<int O::*>(&ForestOptions::n_estimators), Range{1, 1e6}, "trees"),
      option_field("bootstrap", static_cast<bool O::*>(&ForestOptions::bootstrap), Range{},
                   "each tree learns from rows that are drawn with replacement, not from all"),
      option_field("max_samples", static_cast<double O::*>(&ForestOptions::max_samples),
                   Range{.low = 0, .low_open = true, .high_open = true},
                   "rows drawn per tree: up to 1 a fraction of all, above a number"),
      option_field("oob_score", static_cast<bool O::*>(&ForestOptions::oob_score), Range{},
                   "the objective is the error of each row by the trees that did not see it"),
  };
  fields.insert(fields.begin(), own.begin(), own.end());
  return fields;
}

}  // namespace thrum::forest
