#include "thrum/learn/linear/logistic_regression.h"

#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/logistic_fits_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"

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
  return fit_groups<LogisticRegressionOptions>(
      dataset, specs, where, execution, [&]<class T>(const EncodedFits& group) {
        return LogisticFits<T>(dataset, group.encoder, execution, group.storage()).fit(specs, group);
      });
}

}  // namespace thrum
