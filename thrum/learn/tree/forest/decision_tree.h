#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/tree/forest/tree_options.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum {

struct DecisionTreeOptions : TreeOptions {
  std::string splitter = "best";  ///< "best", or "random": of thresholds that are drawn, one per feature

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// A classification or regression tree (Breiman et al. 1984) whose splits are exact: of all thresholds between the
/// values of a node the best is taken, as scikit-learn's trees do, where a feature has at most 65 535 different values;
/// of more, about as many. Missing values go to the side that is better for them (to the larger one where there were
/// none in training); categories are divided into two sets.
class DecisionTree final : public LearnerOf<DecisionTreeOptions, TreeModel> {
 public:
  std::string_view name() const noexcept override { return "decision-tree"; }
  std::string_view summary() const noexcept override {
    return "one tree of questions about single features, for classes and for numbers";
  }
  std::span<const Task> tasks() const noexcept override { return task_list<Task::classification, Task::regression>; }
  Task task(const Options& options, const Column& target) const override;
  RowAccess row_access() const noexcept override { return RowAccess::all_rows; }
  Options default_options() const override { return {DecisionTreeOptions(), DecisionTreeOptions::fields()}; }

  /// Throws also invalid_argument: a criterion that does not go with the target, no row with a weight above 0, an
  /// unknown label in class_weight.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;
};

}  // namespace thrum
