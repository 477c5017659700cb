#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "examples/new_learner/nearest_centroid_model.h"
#include "thrum/learn/learner.h"

namespace thrum {

struct NearestCentroidOptions {
  std::string priors = "uniform";  ///< of the classes: "uniform", or "empirical" for their shares of the rows

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// Classifies by the nearest class mean, in one pass over the rows. Warm starts change nothing.
class NearestCentroid final : public LearnerOf<NearestCentroidOptions, NearestCentroidModel> {
 public:
  std::string_view name() const noexcept override { return NearestCentroidModel::name; }
  std::string_view summary() const noexcept override { return "classifier by the nearest mean of a class"; }
  std::span<const Task> tasks() const noexcept override { return task_list<Task::classification>; }
  RowAccess row_access() const noexcept override { return RowAccess::sums; }
  Options default_options() const override { return {NearestCentroidOptions(), NearestCentroidOptions::fields()}; }

  /// Throws also invalid_argument for a class without rows.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;
};

}  // namespace thrum
