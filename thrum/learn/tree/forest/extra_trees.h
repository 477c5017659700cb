#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/learn/tree/forest/random_forest.h"

namespace thrum {

struct ExtraTreesOptions : ForestOptions {
  ExtraTreesOptions() {
    max_features = "auto";
    bootstrap = false;
  }
  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// Extremely randomised trees (Geurts et al. 2006): as RandomForest, but each feature of a node gets one threshold,
/// drawn between its lowest and highest value there, and the best of these is taken; all rows are learned from.
class ExtraTrees final : public LearnerOf<ExtraTreesOptions, TreeModel> {
 public:
  std::string_view name() const noexcept override { return "extra-trees"; }
  std::string_view summary() const noexcept override {
    return "many trees with drawn thresholds, averaged, for classes and for numbers";
  }
  std::span<const Task> tasks() const noexcept override { return task_list<Task::classification, Task::regression>; }
  Task task(const Options& options, const Column& target) const override;
  RowAccess row_access() const noexcept override { return RowAccess::all_rows; }
  bool continues() const noexcept override { return true; }
  Options default_options() const override { return {ExtraTreesOptions(), ExtraTreesOptions::fields()}; }

  /// Throws as RandomForest::fit_many.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;
};

}  // namespace thrum
