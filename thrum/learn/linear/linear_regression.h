#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/model/linear/linear_regression_model.h"

namespace thrum {

/// Which of the linear regressions.
enum class LinearPenalty {
  none,         ///< linear-regression
  l2,           ///< ridge
  l1,           ///< lasso
  elastic_net,  ///< elastic-net
};

/// Of all of them; each has the fields that mean something to it.
struct LinearRegressionOptions {
  double alpha = 1.0;             ///< strength of the penalty
  double l1_ratio = 0.5;          ///< the part of |w|_1 in it, of an elastic net
  bool fit_intercept = true;      ///< add a constant, which is not penalised
  bool positive = false;          ///< no coefficient below 0
  double tol = 1e-4;              ///< ends training: the duality gap in parts of the weighted square of y
  int max_iter = 1000;            ///< sweeps over the coefficients
  std::string dtype = "float64";  ///< of the encoded features: "float64" or "float32"
  bool standardize = true;        ///< numbers to mean 0 and deviation 1 before the penalty applies

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields(LinearPenalty penalty);
};

/// Least squares with an L2, an L1, both or no penalty, from one pass over the rows: the Gram matrix is all that any
/// number of penalties needs, and that of a fold is the one of all rows less that of the rows left out. The objectives
/// are scikit-learn's, with r_i = y_i - w x_i - b, sample weights s_i and S = sum_i s_i:
///
///     linear-regression  sum_i s_i r_i^2
///     ridge              sum_i s_i r_i^2 + alpha |w|^2
///     lasso              1/(2 S) sum_i s_i r_i^2 + alpha |w|_1
///     elastic-net        1/(2 S) sum_i s_i r_i^2 + alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2)
///
/// Without an L1 penalty they are solved by Cholesky's factors; of the solutions for columns that depend on each other
/// within rounding the smallest is taken, and said so. With one, coordinate descent walks down a path of penalties, so
/// that a start (FitSpec::start) would bring nothing and is not looked at. Squaring loses digits: coefficients are good
/// to about 16 - 2 log10(condition of the standardised columns) of them.
class LinearRegression final : public LearnerOf<LinearRegressionOptions, LinearRegressionModel> {
 public:
  explicit LinearRegression(LinearPenalty penalty = LinearPenalty::none) : penalty_(penalty) {}

  std::string_view name() const noexcept override;
  std::string_view summary() const noexcept override;
  std::span<const Task> tasks() const noexcept override { return task_list<Task::regression>; }
  RowAccess row_access() const noexcept override { return RowAccess::sums; }
  bool streams() const noexcept override { return true; }
  Options default_options() const override {
    return {LinearRegressionOptions(), LinearRegressionOptions::fields(penalty_)};
  }

  /// Throws also invalid_argument: no row with a weight above zero, values too large for the dtype.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;

 private:
  LinearPenalty penalty_;
};

}  // namespace thrum
