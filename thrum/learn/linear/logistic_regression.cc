#include "thrum/learn/linear/logistic_regression.h"

#include <fmt/format.h>

#include <utility>

#include "thrum/core/error.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/logistic_fits_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LogisticRegressionModel::name;

/// Options that were set in the struct and not through their fields may be out of range.
void check_ranges(Options options) {
  for (const OptionField& field : options.fields()) options.set(field.name, options.get(field.name));
}

/// A text with a form of its own, which is looked at when it is set.
OptionField class_weight_field() {
  OptionField field = option_field("class_weight", &LogisticRegressionOptions::class_weight, {},
                                   "none, balanced, or label=weight,label=weight (labels left out: 1)");
  field.set = [set = field.set](void* options, std::string_view text) {
    static_cast<void>(parse_class_weight(text));
    set(options, text);
  };
  return field;
}

template <class T>
void fit_group(const Dataset& dataset, std::span<const FitSpec> specs, const EncodedFits& group,
               std::span<std::unique_ptr<Model>> models, const Execution& execution) {
  auto fitted = LogisticFits<T>(dataset, group.encoder, execution).fit(specs, group);
  for (std::size_t k = 0; k < fitted.size(); ++k) models[group.members[k].spec] = std::move(fitted[k]);
}

}  // namespace

std::span<const OptionField> LogisticRegressionOptions::fields() {
  using O = LogisticRegressionOptions;
  static const std::vector<OptionField> list = {
      option_field("penalty", &O::penalty, {"auto", "l2", "l1", "elasticnet", "none"},
                   "auto: as l1_ratio says, 0 being l2 and 1 l1"),
      option_field("C", &O::C, Range{.low = 0, .low_open = true},
                   "inverse strength of the penalty (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2) / C; inf: none"),
      option_field("l1_ratio", &O::l1_ratio, Range{0, 1}, "part of |w|_1 in the penalty"),
      solver_field(),
      option_field("tol", &O::tol, Range{.low = 0, .high_open = true},
                   "largest violation of optimality (component of the gradient) at which training ends"),
      option_field("max_iter", &O::max_iter, Range{.low = 1}, "iterations at most"),
      option_field("fit_intercept", &O::fit_intercept, Range{}, "add a constant, which is not penalised"),
      class_weight_field(),
      option_field("dtype", &O::dtype, {"float64", "float32"}, "type of the encoded features in memory"),
      option_field("standardize", &O::standardize, Range{}, "numbers to mean 0 and deviation 1 before training"),
  };
  return list;
}

Options LogisticRegression::default_options() const {
  return {LogisticRegressionOptions(), LogisticRegressionOptions::fields()};
}

std::vector<std::unique_ptr<Model>> LogisticRegression::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                                 const Execution& execution) const {
  if (dataset.schema().target.task != Task::classification) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected a target of classes, \"{}\" is a number", where,
                                                         dataset.schema().target.name));
  }
  std::vector<EncodingOptions> encodings;
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, where);
    const auto& options = spec.options->as<LogisticRegressionOptions>();
    encodings.push_back({options.standardize, options.fit_intercept, options.dtype == "float32"});
  }
  std::vector<std::unique_ptr<Model>> models(specs.size());
  for (const EncodedFits& group : encode_fits(dataset, specs, encodings, execution)) {
    const auto fit = group.single_precision ? fit_group<float> : fit_group<double>;
    fit(dataset, specs, group, models, execution);
  }
  return models;
}

std::unique_ptr<LogisticRegressionModel> LogisticRegression::fit(const Dataset& dataset,
                                                                 const LogisticRegressionOptions& options,
                                                                 const Execution& execution) const {
  const Options described(options, LogisticRegressionOptions::fields());
  const FitSpec spec{.options = &described};
  std::unique_ptr<Model> model = std::move(fit_many(dataset, std::span(&spec, 1), execution).front());
  return std::unique_ptr<LogisticRegressionModel>(static_cast<LogisticRegressionModel*>(model.release()));
}

}  // namespace thrum
