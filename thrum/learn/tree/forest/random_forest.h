#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/tree/forest/out_of_bag.h"
#include "thrum/learn/tree/forest/tree_options.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum {

struct ForestOptions : TreeOptions {
  int n_estimators = 100;  ///< trees, with those of a start
  bool bootstrap = true;   ///< each tree learns from rows that are drawn with replacement; else from all
  double max_samples = 1;  ///< rows drawn per tree: up to 1 a fraction of all, above a number
  bool oob_score = false;  ///< the training record's objective is the error of each row by trees that did not see it
};

struct RandomForestOptions : ForestOptions {
  RandomForestOptions() { max_features = "auto"; }
  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// A forest, and what it says about its own rows.
struct OutOfBagFit {
  std::unique_ptr<TreeModel> model;
  OutOfBag out_of_bag;
};

/// A random forest (Breiman 2001): trees with exact splits, as DecisionTree has them, on bootstrap samples, of features
/// that are drawn anew for every node; their probabilities or numbers are averaged. Trees are tasks, and so are the
/// parts of a large one; what tree t draws depends on the seed, t and the way to a node only. With a start, its trees
/// are kept and more are grown.
class RandomForest final : public LearnerOf<RandomForestOptions, TreeModel> {
 public:
  std::string_view name() const noexcept override { return "random-forest"; }
  std::string_view summary() const noexcept override {
    return "many trees on drawn rows and features, averaged, for classes and for numbers";
  }
  std::span<const Task> tasks() const noexcept override { return task_list<Task::classification, Task::regression>; }
  Task task(const Options& options, const Column& target) const override;
  RowAccess row_access() const noexcept override { return RowAccess::all_rows; }
  bool continues() const noexcept override { return true; }
  Options default_options() const override { return {RandomForestOptions(), RandomForestOptions::fields()}; }

  /// Throws as DecisionTree::fit_many, and invalid_argument for a start that does not fit, and for oob_score without
  /// bootstrap.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;

  /// With oob_score on. Of a start the new trees only have a say.
  OutOfBagFit fit_out_of_bag(const Dataset& dataset, const RandomForestOptions& options,
                             const Execution& execution) const;
};

}  // namespace thrum
