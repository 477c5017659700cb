#include "thrum/learn/linear/logistic_regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/curvature_internal.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/lbfgs.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/warm_start_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LogisticRegressionModel::name;

const LogisticRegressionOptions& options_of(const FitSpec& spec) {
  return spec.options->as<LogisticRegressionOptions>();
}

/// Options that were set in the struct and not through their fields may be out of range.
void check_ranges(Options options) {
  for (const OptionField& field : options.fields()) options.set(field.name, options.get(field.name));
}

/// Whether two fits see the same encoded features.
bool same_features(const FitSpec& a, const FitSpec& b) {
  const auto same = [](auto x, auto y) { return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin()); };
  return options_of(a).dtype == options_of(b).dtype && options_of(a).standardize == options_of(b).standardize &&
         same(a.row_mask, b.row_mask) && same(a.weights, b.weights);
}

/// Of the blocks that the search begins with: 16 to 31 of them, which tell the curvature to a few percent, so that a
/// pass over all rows comes that much nearer to the minimum; all where there are fewer.
std::size_t sample_stride(std::size_t n_rows) {
  constexpr std::size_t n_sampled = 16;
  return std::max<std::size_t>(1, n_rows / row_block / n_sampled);
}

std::string_view stopped_by(LbfgsStop stop) {
  switch (stop) {
    case LbfgsStop::gradient:
      return "the gradient is within tol";
    case LbfgsStop::objective:
      return "the objective no longer decreases in this arithmetic";
    default:
      return "max_iter";
  }
}

/// Softmax does not change when all outputs get the same: the one with mean zero is taken.
void center(std::span<double> outputs, std::size_t n_outputs) {
  const std::size_t n = outputs.size() / n_outputs;
  for (std::size_t j = 0; j < n; ++j) {
    double sum = 0;
    for (std::size_t k = 0; k < n_outputs; ++k) sum += outputs[k * n + j];
    for (std::size_t k = 0; k < n_outputs; ++k) outputs[k * n + j] -= sum / static_cast<double>(n_outputs);
  }
}

/// A sentence for each number that varies but counts as constant.
std::vector<std::string> ignored_features(const Schema& schema, const Encoder& encoder) {
  std::vector<std::string> sentences;
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
    if (encoding.ignored_deviation == 0) continue;
    sentences.push_back(
        fmt::format("column \"{}\" deviates from {:.6g} by {:.2g} only, which rounding may explain: it counts as "
                    "constant; subtract {:.6g} from it to make use of it",
                    schema.features[j].name, encoding.mean, encoding.ignored_deviation, encoding.mean));
  }
  return sentences;
}

/// The fits that share an encoder and a design matrix.
template <class T>
class SharedFit {
 public:
  SharedFit(const Dataset& dataset, const FitSpec& first, const Execution& execution)
      : dataset_(dataset),
        execution_(execution),
        encoder_(Encoder::fit(dataset, first.row_mask, first.weights, options_of(first).standardize, execution)),
        x_(dataset, encoder_, execution) {}

  std::unique_ptr<Model> fit(const FitSpec& spec) const {
    const LogisticRegressionOptions& options = options_of(spec);
    const RowWeights weights = weigh_rows(dataset_, spec, options.class_weight, execution_, where);
    LogisticProblem<T> problem(x_,
                               {.y = dataset_.y(),
                                .weights = weights.values.values(),
                                .total_weight = weights.total,
                                .first_row = dataset_.first_row(),
                                .n_classes = dataset_.schema().target.classes.size(),
                                .l2 = 1 / (options.C * weights.total),
                                .fit_intercept = options.fit_intercept},
                               execution_);
    LbfgsResult result = minimize(problem, spec);
    const bool separable = std::isinf(options.C) && problem.separated();
    TrainingRecord record = describe(result, separable);
    record.n_rows = weights.n_rows;
    record.options_json = spec.options->json();
    record.warnings = ignored_features(dataset_.schema(), encoder_);
    warn(record, result, options);
    return model(std::move(result), std::move(record), problem, std::isinf(options.C));
  }

 private:
  LbfgsResult minimize(LogisticProblem<T>& problem, const FitSpec& spec) const {
    const LogisticRegressionOptions& options = options_of(spec);
    LbfgsOptions limits{.max_iter = static_cast<std::size_t>(options.max_iter), .gradient_tolerance = options.tol};
    // Margins in single precision move the mean loss by far less than their own rounding.
    if constexpr (sizeof(T) == 4) limits.precision = 0x1p-33;
    const BlockSample blocks = problem.sample(sample_stride(dataset_.n_rows_of_all_ranks()));
    const std::vector<double> near =
        spec.start != nullptr ? given_start(problem, spec) : rough_minimum(problem, blocks, limits);
    const Curvature curvature(problem, near, blocks);
    const auto objective = [&](std::span<const double> x, std::span<double> gradient) {
      return problem.evaluate(x, gradient);
    };
    const auto report = [&](std::size_t iteration, double value) {
      execution_.check_stop(where.data());
      execution_.report({"fit", iteration, limits.max_iter, fmt::format("objective {:.6g}", value)});
    };
    const auto precondition = [&](std::span<double> x) { curvature.solve(x); };
    LbfgsResult result = minimize_lbfgs(objective, near, precondition, limits, report);
    if (result.stopped_by == LbfgsStop::not_finite) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[{}] expected an objective that {} can hold, it is not finite at the start", where,
                              options.dtype),
                  "use standardize=true, dtype=float64 or another start");
    }
    return result;
  }

  /// A point near the minimum: that of a sample, to the precision that the sample is worth.
  std::vector<double> rough_minimum(LogisticProblem<T>& problem, const BlockSample& blocks, LbfgsOptions limits) const {
    std::vector<double> zeros(problem.n_parameters(), 0.0);
    if (blocks.stride == 1) return zeros;
    limits.gradient_tolerance = std::max(limits.gradient_tolerance, 1e-3);
    const Curvature curvature(problem, zeros, blocks);
    const auto objective = [&](std::span<const double> x, std::span<double> gradient) {
      return problem.evaluate(x, gradient, blocks);
    };
    const auto precondition = [&](std::span<double> x) { curvature.solve(x); };
    const auto check_stop = [&](std::size_t, double) { execution_.check_stop(where.data()); };
    LbfgsResult result = minimize_lbfgs(objective, zeros, precondition, limits, check_stop);
    return result.stopped_by == LbfgsStop::not_finite ? zeros : std::move(result.x);
  }

  std::vector<double> given_start(const LogisticProblem<T>& problem, const FitSpec& spec) const {
    std::vector<double> parameters = parameters_from(*spec.start, dataset_.schema(), encoder_, where);
    if (options_of(spec).fit_intercept) return parameters;
    std::fill(parameters.begin() + static_cast<std::ptrdiff_t>(problem.n_coefficients()), parameters.end(), 0.0);
    return parameters;
  }

  static TrainingRecord describe(const LbfgsResult& result, bool separable) {
    return {.iterations = result.iterations,
            .converged = !separable && result.stopped_by != LbfgsStop::max_iter,
            .objective = result.objective,
            .stopped_by = std::string(separable ? "separable" : stopped_by(result.stopped_by))};
  }

  void warn(const TrainingRecord& record, const LbfgsResult& result, const LogisticRegressionOptions& options) const {
    if (execution_.communicator->rank() != 0) return;
    log(LogLevel::info, fmt::format("[{}] {} iterations, {} evaluations on all rows, stopped by: {}", where,
                                    result.iterations, result.evaluations, record.stopped_by));
    for (const std::string& warning : record.warnings) log(LogLevel::warning, fmt::format("[{}] {}", where, warning));
    if (record.converged) return;
    if (record.stopped_by == "separable") {
      log(LogLevel::warning,
          fmt::format("[{}] the classes are separable: without a penalty the coefficients grow without bound; "
                      "choose a finite C",
                      where));
      return;
    }
    log(LogLevel::warning,
        fmt::format("[{}] not converged after {} iterations: largest gradient component {:.3g}, tol {:.3g}; raise "
                    "max_iter or tol, or lower C",
                    where, result.iterations, result.gradient_max, options.tol));
  }

  std::unique_ptr<Model> model(LbfgsResult result, TrainingRecord record, const LogisticProblem<T>& problem,
                               bool no_penalty) const {
    const std::span<double> parameters(result.x);
    const std::span<double> coefficients = parameters.first(problem.n_coefficients());
    const std::span<double> intercepts = parameters.subspan(problem.n_coefficients());
    if (problem.n_outputs() > 1) {
      center(intercepts, problem.n_outputs());
      if (no_penalty) center(coefficients, problem.n_outputs());
    }
    return std::make_unique<LogisticRegressionModel>(
        LogisticRegressionModel::Parts{.schema = dataset_.schema(),
                                       .encoder = encoder_,
                                       .coefficients = {coefficients.begin(), coefficients.end()},
                                       .intercepts = {intercepts.begin(), intercepts.end()},
                                       .kkt = result.gradient_max,
                                       .training = std::move(record)});
  }

  const Dataset& dataset_;
  const Execution& execution_;
  Encoder encoder_;
  DesignMatrix<T> x_;
};

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

/// Fits those of `specs` that share the features of the first one without a model.
template <class T>
void fit_sharing(const Dataset& dataset, std::span<const FitSpec> specs, const FitSpec& first,
                 std::span<std::unique_ptr<Model>> models, const Execution& execution) {
  const SharedFit<T> shared(dataset, first, execution);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (models[i] == nullptr && same_features(specs[i], first)) models[i] = shared.fit(specs[i]);
  }
}

}  // namespace

std::span<const OptionField> LogisticRegressionOptions::fields() {
  using O = LogisticRegressionOptions;
  static const std::vector<OptionField> list = {
      option_field("C", &O::C, Range{.low = 0, .low_open = true},
                   "inverse strength of the penalty |w|^2 / (2 C); inf: none"),
      option_field("tol", &O::tol, Range{.low = 0, .high_open = true},
                   "largest component of the gradient of the mean objective at which training ends"),
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
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, where);
  }
  std::vector<std::unique_ptr<Model>> models(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (models[i] != nullptr) continue;
    const bool single = options_of(specs[i]).dtype == "float32";
    (single ? fit_sharing<float> : fit_sharing<double>)(dataset, specs, specs[i], models, execution);
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
