#include "thrum/learn/linear/log_linear_regression.h"

#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/log_linear_fits_internal.h"

namespace thrum {
namespace {

using O = LogLinearRegressionOptions;

}  // namespace

std::span<const OptionField> LogLinearRegressionOptions::fields() {
  static const std::vector<OptionField> list = {
      option_field("alpha", &O::alpha, Range{.low = 0, .high_open = true}, "strength of the penalty alpha/2 |w|^2"),
      option_field("solver", &O::solver, {"auto", "lbfgs", "newton-cholesky"},
                   "how the optimum, the same for all, is found; auto is lbfgs"),
      option_field("tol", &O::tol, Range{.low = 0, .high_open = true},
                   "largest component of the gradient at which training ends"),
      option_field("max_iter", &O::max_iter, Range{.low = 1}, "iterations at most"),
      option_field("fit_intercept", &O::fit_intercept, Range{}, "add a constant, which is not penalised"),
      dtype_field(&O::dtype),
      option_field("standardize", &O::standardize, Range{},
                   "numbers to mean 0 and deviation 1 before the penalty applies"),
  };
  return list;
}

std::string_view LogLinearRegression::name() const noexcept {
  return family_ == MeanFamily::poisson ? LinearRegressionModel::poisson_regression
                                        : LinearRegressionModel::gamma_regression;
}

std::string_view LogLinearRegression::summary() const noexcept {
  return family_ == MeanFamily::poisson ? "regression of counts and rates, with a log link and an L2 penalty"
                                        : "regression of amounts above 0, with a log link and an L2 penalty";
}

std::vector<std::unique_ptr<Model>> LogLinearRegression::fit_many(const Dataset& dataset,
                                                                  std::span<const FitSpec> specs,
                                                                  const Execution& execution) const {
  if (dataset.schema().target.task != Task::regression) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected a target of numbers, {} is one of classes",
                                                         name(), in_quotes(dataset.schema().target.name)));
  }
  return fit_groups<O>(dataset, specs, name(), execution, [&]<class T>(const EncodedFits& group) {
    return LogLinearFits<T>(family_, dataset, group.encoder, execution, group.storage()).fit(specs, group);
  });
}

}  // namespace thrum
