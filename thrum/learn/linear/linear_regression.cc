#include "thrum/learn/linear/linear_regression.h"

#include <fmt/format.h>

#include <array>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/core/printable.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/least_squares_fits_internal.h"

namespace thrum {
namespace {

using O = LinearRegressionOptions;

std::vector<OptionField> fields_of(LinearPenalty penalty) {
  std::vector<OptionField> list;
  const bool has_l1 = penalty == LinearPenalty::l1 || penalty == LinearPenalty::elastic_net;
  if (penalty != LinearPenalty::none) {
    list.push_back(option_field("alpha", &O::alpha, Range{.low = 0, .high_open = true},
                                penalty == LinearPenalty::l2 ? "strength of the penalty alpha |w|^2"
                                : penalty == LinearPenalty::l1
                                    ? "strength of the penalty alpha |w|_1"
                                    : "strength of the penalty alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2)"));
  }
  if (penalty == LinearPenalty::elastic_net) {
    list.push_back(option_field("l1_ratio", &O::l1_ratio, Range{0, 1}, "1: lasso, 0: the penalty of ridge only"));
  }
  list.push_back(option_field("fit_intercept", &O::fit_intercept, Range{}, "add a constant, which is not penalised"));
  list.push_back(option_field("positive", &O::positive, Range{}, "no coefficient below 0"));
  list.push_back(option_field("tol", &O::tol, Range{.low = 0, .high_open = true},
                              has_l1 ? "duality gap at which training ends, in parts of sum_i s_i y_i^2"
                                     : "violation of optimality at which training ends, with positive only"));
  list.push_back(option_field(
      "max_iter", &O::max_iter, Range{.low = 1},
      has_l1 ? "sweeps over the coefficients at most" : "sweeps over the coefficients at most, with positive only"));
  list.push_back(option_field("dtype", &O::dtype, {"float64", "float32"}, "type of the encoded features in memory"));
  list.push_back(option_field("standardize", &O::standardize, Range{},
                              penalty == LinearPenalty::none
                                  ? "coefficients per standard deviation of a number instead of per unit"
                                  : "numbers to mean 0 and deviation 1 before the penalty applies"));
  return list;
}

void warn(const Model& model) {
  for (const std::string& warning : model.training().warnings) {
    log(LogLevel::warning, fmt::format("[{}] {}", model.algorithm(), warning));
  }
  if (model.training().converged) return;
  log(LogLevel::warning, fmt::format("[{}] not converged after {} sweeps; raise max_iter or tol, or alpha",
                                     model.algorithm(), model.training().iterations));
}

}  // namespace

std::span<const OptionField> LinearRegressionOptions::fields(LinearPenalty penalty) {
  static const std::array<std::vector<OptionField>, 4> lists = {
      fields_of(LinearPenalty::none), fields_of(LinearPenalty::l2), fields_of(LinearPenalty::l1),
      fields_of(LinearPenalty::elastic_net)};
  return lists[static_cast<std::size_t>(penalty)];
}

std::string_view LinearRegression::name() const noexcept {
  static constexpr auto& names = LinearRegressionModel::names;
  return names[static_cast<std::size_t>(penalty_)];
}

std::string_view LinearRegression::summary() const noexcept {
  switch (penalty_) {
    case LinearPenalty::none:
      return "least squares, from one pass over the rows";
    case LinearPenalty::l2:
      return "least squares with an L2 penalty, any number of penalties and folds from one pass over the rows";
    case LinearPenalty::l1:
      return "least squares with an L1 penalty, which makes coefficients zero, by coordinate descent";
    default:
      return "least squares with an L1 and an L2 penalty, by coordinate descent";
  }
}

std::vector<std::unique_ptr<Model>> LinearRegression::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                               const Execution& execution) const {
  if (dataset.schema().target.task != Task::regression) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected a target of numbers, {} is one of classes",
                                                         name(), in_quotes(dataset.schema().target.name)));
  }
  auto models = fit_groups<O>(dataset, specs, name(), execution, [&]<class T>(const EncodedFits& group) {
    return LeastSquaresFits<T>(penalty_, dataset, group.encoder, execution).fit(specs, group);
  });
  if (execution.communicator->rank() == 0) {
    for (const auto& model : models) warn(*model);
  }
  return models;
}

}  // namespace thrum
