#include "thrum/learn/linear/logistic_regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/logistic_fits_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/sampled_encoding_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LogisticRegressionModel::name;

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

/// Whether a fit's search may begin in the encoding of a sample: all rows count alike, and the penalty, without an L1
/// part, is on standardised numbers (collective).
bool may_begin_encoded_by_sample(const Dataset& dataset, const FitSpec& spec, const Execution& execution) {
  const auto& options = spec.options->as<LogisticRegressionOptions>();
  const bool has_l1 = l1_ratio_of(options) > 0 && penalty_strength(options) > 0;
  const bool row_by_row = options.solver == "saga";
  if (has_l1 || row_by_row || options.dtype == "bfloat16" || !options.standardize || !options.fit_intercept)
    return false;
  std::uint8_t alike = spec.row_mask.empty() && spec.weights.empty() && dataset.weights().empty() ? 1 : 0;
  execution.communicator->allreduce(std::span(&alike, 1), ReduceOp::min);
  return alike != 0;
}

/// The models of those specs, at their places; none of the others, nor where the sample is not like the rows
/// (collective).
std::vector<std::unique_ptr<Model>> fit_encoded_by_sample(const Dataset& dataset, std::span<const FitSpec> specs,
                                                          const Execution& execution) {
  std::vector<std::unique_ptr<Model>> models(specs.size());
  std::vector<std::size_t> suited;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    check_ranges(*specs[i].options);
    check_rows(dataset, specs[i], where);
    if (may_begin_encoded_by_sample(dataset, specs[i], execution)) suited.push_back(i);
  }
  if (suited.empty()) return models;
  const std::optional<Encoder> encoder = encoder_of_sample(dataset, execution);
  if (!encoder) return models;
  EncodedFits of_doubles{*encoder}, of_floats{*encoder};
  for (const std::size_t i : suited) {
    const bool is_float = specs[i].options->as<LogisticRegressionOptions>().dtype == "float32";
    (is_float ? of_floats : of_doubles).members.push_back({i, *encoder});
  }
  const auto fit = [&]<class T>(const EncodedFits& group) {
    if (group.members.empty()) return;
    auto fitted = LogisticFits<T>(dataset, *encoder, execution, RowStorage::computed).fit_and_measure(specs, group);
    for (std::size_t k = 0; k < fitted.size(); ++k) models[group.members[k].spec] = std::move(fitted[k]);
  };
  fit.operator()<double>(of_doubles);
  fit.operator()<float>(of_floats);
  return models;
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
      dtype_field(&O::dtype),
      option_field("standardize", &O::standardize, Range{}, "numbers to mean 0 and deviation 1 before training"),
  };
  return list;
}

std::vector<std::unique_ptr<Model>> LogisticRegression::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                                 const Execution& execution) const {
  if (dataset.schema().target.task != Task::classification) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected a target of classes, {} is a number", where,
                                                         in_quotes(dataset.schema().target.name)));
  }
  auto models = fit_encoded_by_sample(dataset, specs, execution);
  std::vector<FitSpec> others;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!models[i]) others.push_back(specs[i]);
  }
  if (others.empty()) return models;
  auto fitted =
      fit_groups<LogisticRegressionOptions>(dataset, others, where, execution, [&]<class T>(const EncodedFits& group) {
        return LogisticFits<T>(dataset, group.encoder, execution, group.storage()).fit(others, group);
      });
  for (auto next = fitted.begin(); std::unique_ptr<Model> & model : models) {
    if (!model) model = std::move(*next++);
  }
  return models;
}

}  // namespace thrum
