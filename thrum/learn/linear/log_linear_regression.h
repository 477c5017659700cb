#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/model/linear/linear_regression_model.h"

namespace thrum {

/// How the target scatters about its mean, and so what its deviance is.
enum class MeanFamily {
  poisson,  ///< poisson-regression: counts, with a variance as large as the mean
  gamma,    ///< gamma-regression: amounts above 0, with a deviation in proportion to the mean
};

struct LogLinearRegressionOptions {
  double alpha = 1.0;           ///< strength of the penalty
  std::string solver = "auto";  ///< "auto", "lbfgs", "newton-cholesky"
  double tol = 1e-4;            ///< ends training: the largest component of the gradient
  int max_iter = 100;
  bool fit_intercept = true;      ///< add a constant, which is not penalised
  std::string dtype = "float64";  ///< of the encoded features: "float64", "float32", "bfloat16"
  bool standardize = true;        ///< numbers to mean 0 and deviation 1 before the penalty applies

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// Regression of a mean exp(w x + b), whose features multiply it: frequencies, costs, durations. The objective is that
/// of scikit-learn's PoissonRegressor and GammaRegressor, 1/(2 S) sum_i s_i d(y_i, exp(w x_i + b)) + alpha/2 |w|^2 with
/// the sample weights s_i, S their sum, and the deviance d(y, m)
///
///     poisson  2 (y log(y/m) - y + m)
///     gamma    2 (log(m/y) + y/m - 1)
///
/// Rates of different exposure are y / exposure with the exposure as the weight. The search begins at the constant that
/// fits best; solvers find the same optimum: lbfgs takes a pass over the rows per iteration, newton-cholesky a Hessian
/// as well, which pays for few columns and a tight tol; auto is lbfgs. The fits of fit_many share the passes.
class LogLinearRegression final : public LearnerOf<LogLinearRegressionOptions, LinearRegressionModel> {
 public:
  explicit LogLinearRegression(MeanFamily family = MeanFamily::poisson) : family_(family) {}

  std::string_view name() const noexcept override;
  std::string_view summary() const noexcept override;
  std::span<const Task> tasks() const noexcept override { return task_list<Task::regression>; }
  RowAccess row_access() const noexcept override { return RowAccess::sums; }
  bool streams() const noexcept override { return true; }
  bool continues() const noexcept override { return true; }
  Options default_options() const override {
    return {LogLinearRegressionOptions(), LogLinearRegressionOptions::fields()};
  }

  /// Throws also invalid_argument: targets below 0, for gamma of 0 too, of rows with a weight above zero, none above 0,
  /// no row with a weight above zero, a Newton solver for too many parameters, a start of another schema, values too
  /// large for the dtype.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;

 private:
  MeanFamily family_;
};

}  // namespace thrum
