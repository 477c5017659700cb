#include "thrum/learn/linear/log_linear_regression.h"

#include <fmt/format.h>

#include <utility>

#include "thrum/core/error.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/log_linear_fits_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"

namespace thrum {
namespace {

using O = LogLinearRegressionOptions;

/// Options that were set in the struct and not through their fields may be out of range.
void check_ranges(Options options) {
  for (const OptionField& field : options.fields()) options.set(field.name, options.get(field.name));
}

template <class T>
void fit_group(MeanFamily family, const Dataset& dataset, std::span<const FitSpec> specs, const EncodedFits& group,
               std::span<std::unique_ptr<Model>> models, const Execution& execution) {
  auto fitted = LogLinearFits<T>(family, dataset, group.encoder, execution).fit(specs, group);
  for (std::size_t k = 0; k < fitted.size(); ++k) models[group.members[k].spec] = std::move(fitted[k]);
}

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
      option_field("dtype", &O::dtype, {"float64", "float32"}, "type of the encoded features in memory"),
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

Options LogLinearRegression::default_options() const {
  return {LogLinearRegressionOptions(), LogLinearRegressionOptions::fields()};
}

std::vector<std::unique_ptr<Model>> LogLinearRegression::fit_many(const Dataset& dataset,
                                                                  std::span<const FitSpec> specs,
                                                                  const Execution& execution) const {
  if (dataset.schema().target.task != Task::regression) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected a target of numbers, \"{}\" is one of classes",
                                                         name(), dataset.schema().target.name));
  }
  std::vector<EncodingOptions> encodings;
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, name());
    const auto& options = spec.options->as<LogLinearRegressionOptions>();
    encodings.push_back({options.standardize, options.fit_intercept, options.dtype == "float32"});
  }
  std::vector<std::unique_ptr<Model>> models(specs.size());
  for (const EncodedFits& group : encode_fits(dataset, specs, encodings, execution)) {
    const auto fit = group.single_precision ? fit_group<float> : fit_group<double>;
    fit(family_, dataset, specs, group, models, execution);
  }
  return models;
}

std::unique_ptr<LinearRegressionModel> LogLinearRegression::fit(const Dataset& dataset,
                                                                const LogLinearRegressionOptions& options,
                                                                const Execution& execution) const {
  const Options described(options, LogLinearRegressionOptions::fields());
  std::unique_ptr<Model> model = Learner::fit(dataset, described, execution);
  return std::unique_ptr<LinearRegressionModel>(static_cast<LinearRegressionModel*>(model.release()));
}

}  // namespace thrum
