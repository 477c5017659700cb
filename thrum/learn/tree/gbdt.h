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

/// The names are scikit-learn's, LightGBM's and XGBoost's.
struct GbdtOptions {
  int n_estimators = 100;
  double learning_rate = 0.1;
  int num_leaves = 31;
  int max_depth = -1;
  std::string grow_policy = "leaves";
  int max_bin = 255;
  int min_child_samples = 20;
  double min_child_weight = 1e-3;
  double min_split_gain = 0;
  double reg_alpha = 0;
  double reg_lambda = 0;
  double max_delta_step = 0;

  std::string objective = "auto";
  double alpha = 0.9;
  double tweedie_variance_power = 1.5;
  std::string class_weight = "none";
  int stopping_rounds = 0;
  std::string metric = "loss";
  int lambdarank_truncation_level = 30;
  bool lambdarank_norm = true;
  double sigmoid = 1;
  int eval_at = 10;

  std::string data_sample_strategy = "bagging";
  double subsample = 1;
  int subsample_freq = 1;
  double top_rate = 0.2;
  double other_rate = 0.1;
  double colsample_bytree = 1;
  double colsample_bylevel = 1;
  double colsample_bynode = 1;
  std::string boosting = "gbdt";
  double drop_rate = 0.1;
  double skip_drop = 0.5;

  double cat_smooth = 10;
  double cat_l2 = 10;
  int max_cat_threshold = 32;
  int max_cat_to_onehot = 4;
  std::string monotone_constraints = "none";
  std::string interaction_constraints = "none";
  bool refit = false;
  double refit_decay_rate = 0.9;

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// Gradient boosted decision trees on histograms (Friedman 2001; Ke et al., "LightGBM", 2017).
///
/// Gradients are rounded to whole numbers on a grid of powers of two, by a hash of the row, so that the sums over rows
/// that choose a split are exact integers in any order: the model is the same for any number of threads and ranks. The
/// values of leaves come from the gradients before rounding. Missing values go the way that gains more; categories are
/// split one from the rest where there are few, else as sets in the order of their gradients. min_child_samples is held
/// against a node's rows times its child's share of the second derivatives, as LightGBM does.
///
/// A ranking is learned by LambdaMART (Burges 2010) with LightGBM's truncation and normalisation: rows of a query may
/// stand anywhere, and of any rank. Each round sends all margins to all ranks; the queries of a rank's rows are its
/// tasks. A weight multiplies a row's derivatives, 0 leaves it out of its query.
///
/// A FitSpec::start is continued: its trees stay, and n_estimators more follow (with `refit`, its trees get new leaf
/// values and none follow). With stopping_rounds the rows of FitSpec::valid are watched, and the rounds up to the best
/// one are kept. Objectives with a quantile (absolute_error, quantile) send what is left of all rows to all ranks.
class Gbdt final : public LearnerOf<GbdtOptions, TreeModel> {
 public:
  static constexpr std::string_view learner_name = "gbdt";

  Gbdt() = default;
  /// Minimises `objective` instead of the one that the options name.
  explicit Gbdt(std::shared_ptr<const Objective> objective) : objective_(std::move(objective)) {}

  std::string_view name() const noexcept override { return learner_name; }
  std::string_view summary() const noexcept override { return "gradient boosted decision trees on histograms"; }
  std::span<const Task> tasks() const noexcept override {
    return task_list<Task::classification, Task::regression, Task::ranking>;
  }
  Task task(const Options& options, const Column& target) const override;
  RowAccess row_access() const noexcept override { return RowAccess::sums; }
  bool continues() const noexcept override { return true; }
  Options default_options() const override { return {GbdtOptions(), GbdtOptions::fields()}; }

  /// Throws also invalid_argument: options that do not fit the target, a ranking without rows to rank, a start of
  /// another schema or objective, more than 2^29 rows.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;

 private:
  std::shared_ptr<const Objective> objective_;
};

}  // namespace thrum
