#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum {

/// scikit-learn's names and meanings.
struct IsolationForestOptions {
  int n_estimators = 100;
  double max_samples = 256;            ///< rows drawn per tree: up to 1 a fraction of all, above a number, or all
  double max_features = 1;             ///< features drawn per tree: likewise
  bool bootstrap = false;              ///< rows are drawn with replacement
  std::string contamination = "auto";  ///< "auto": scores above 0.5 are anomalies; or their share, in (0, 0.5]

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// An isolation forest (Liu, Ting and Zhou 2008): trees of drawn questions, which part an unusual row from the others
/// after few of them. It looks at no target. Its one output is the score 2^(-E / c) in (0, 1), where E is how many
/// questions a row is asked on average, c how many a usual one is: scikit-learn's -score_samples. A row is an anomaly
/// where the score is above schema().target.threshold.
class IsolationForest final : public LearnerOf<IsolationForestOptions, TreeModel> {
 public:
  std::string_view name() const noexcept override { return "isolation-forest"; }
  std::string_view summary() const noexcept override { return "how unusual a row is, without a target"; }
  std::span<const Task> tasks() const noexcept override { return task_list<Task::anomaly>; }
  RowAccess row_access() const noexcept override { return RowAccess::all_rows; }
  Options default_options() const override { return {IsolationForestOptions(), IsolationForestOptions::fields()}; }

  /// Throws also invalid_argument: a dataset of another task, fewer than two rows with a weight above 0, such weights
  /// that differ, two of more rows per tree, a start.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;
};

}  // namespace thrum
