#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/tree/objective.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum {

/// The names are scikit-learn's and LightGBM's.
struct GbdtOptions {
  int n_estimators = 100;
  double learning_rate = 0.1;
  int num_leaves = 31;
  int max_depth = -1;                  ///< -1: no limit
  std::string grow_policy = "leaves";  ///< "leaves": the best leaf first; "depth": level by level
  std::string objective = "auto";      ///< "auto": log_loss for classes, squared_error for numbers
  int min_child_samples = 20;
  double min_child_weight = 1e-3;
  double reg_alpha = 0;
  double reg_lambda = 0;
  double min_split_gain = 0;
  double max_delta_step = 0;
  int max_bin = 255;
  std::string class_weight = "none";

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// Gradient boosted decision trees on histograms (Friedman 2001; Ke et al., "LightGBM", 2017).
///
/// Gradients are rounded to whole numbers on a grid of powers of two, by a hash of the row, so that the sums over rows
/// that choose a split are exact integers in any order: the model is the same for any number of threads and ranks. The
/// values of leaves come from the gradients before rounding. min_child_samples is held against a node's rows times its
/// child's share of the second derivatives, as LightGBM does.
class Gbdt final : public Learner {
 public:
  static constexpr std::string_view learner_name = "gbdt";

  Gbdt() = default;
  /// Minimises `objective` instead of the one that the options name.
  explicit Gbdt(std::shared_ptr<const Objective> objective) : objective_(std::move(objective)) {}

  std::string_view name() const noexcept override { return learner_name; }
  std::string_view summary() const noexcept override { return "gradient boosted decision trees on histograms"; }
  std::span<const Task> tasks() const noexcept override {
    static constexpr Task both[] = {Task::classification, Task::regression};
    return both;
  }
  Task task(const Options& options, const Column& target) const override;
  RowAccess row_access() const noexcept override { return RowAccess::sums; }
  Options default_options() const override;

  /// Throws also invalid_argument: options that do not fit the target, a start of another schema or objective, more
  /// than 2^29 rows.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;

  using Learner::fit;
  std::unique_ptr<TreeModel> fit(const Dataset& dataset, const GbdtOptions& options, const Execution& execution) const;

 private:
  std::shared_ptr<const Objective> objective_;
};

}  // namespace thrum
