#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/logistic_fits_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/sampled_encoding_internal.h"
#include "thrum/learn/linear/separation_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"
#include "thrum/learn/linear/warm_start_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LogisticRegressionModel::name;

std::string_view stopped_by(LbfgsStop stop, bool has_l1) {
  switch (stop) {
    case LbfgsStop::gradient:
      return has_l1 ? "the conditions of optimality are within tol" : "the gradient is within tol";
    case LbfgsStop::objective:
      return "the objective no longer decreases in this arithmetic";
    default:
      return "max_iter";
  }
}

TrainingRecord describe(const LbfgsResult& result, bool has_l1, bool separated) {
  return {.iterations = result.iterations,
          .converged = !separated && result.stopped_by != LbfgsStop::max_iter,
          .objective = result.objective,
          .stopped_by = std::string(separated ? separable : stopped_by(result.stopped_by, has_l1))};
}

}  // namespace

template <class T>
std::vector<std::unique_ptr<Model>> LogisticFits<T>::fit(std::span<const FitSpec> specs, const EncodedFits& group) {
  std::vector<LbfgsResult> near;
  if (group.type == RowType::bfloat16) {
    near = LogisticFits<float>(dataset_, encoder_, execution_, RowStorage::bfloat16).search(specs, group);
  }
  run(specs, group, near);
  return models();
}

template <class T>
std::vector<std::unique_ptr<Model>> LogisticFits<T>::fit_and_measure(std::span<const FitSpec> specs,
                                                                     const EncodedFits& group) {
  x_.measure();
  run(specs, group, {});
  measured_ = encoder_of_spreads(dataset_, encoder_, x_.spreads());
  if (!measured_) return {};
  for (const auto& fit : fits_) fit->own = &*measured_;
  return models();
}

template <class T>
std::vector<std::unique_ptr<Model>> LogisticFits<T>::models() {
  std::vector<std::unique_ptr<Model>> models;
  for (const auto& fit : fits_) models.push_back(model(*fit));
  return models;
}

template <class T>
std::vector<LbfgsResult> LogisticFits<T>::search(std::span<const FitSpec> specs, const EncodedFits& group) {
  run(specs, group, {});
  return take_results(fits_);
}

template <class T>
void LogisticFits<T>::run(std::span<const FitSpec> specs, const EncodedFits& group, std::span<const LbfgsResult> near) {
  const auto prepared = [&](const FitSpec& spec, const Encoder& own, const LbfgsResult* start) {
    return prepare(spec, own, start);
  };
  search_group<T>(fits_, specs, group, near, prepared, dataset_.n_rows_of_all_ranks(), execution_, where.data());
}

template <class T>
std::unique_ptr<typename LogisticFits<T>::Fit> LogisticFits<T>::prepare(const FitSpec& spec, const Encoder& own,
                                                                        const LbfgsResult* near) {
  const auto& options = spec.options->as<LogisticRegressionOptions>();
  const Rows rows = rows_of(spec);
  const double strength = penalty_strength(options) / rows.targets->total_weight;
  const double l1_ratio = l1_ratio_of(options);
  const std::vector<double> units = column_units(encoder_, own);
  std::vector<double> l2 = units;
  for (double& value : l2) value *= value * strength * (1 - l1_ratio);
  LogisticProblem<T> problem(
      x_,
      {.targets = rows.targets, .first_row = dataset_.first_row(), .l2 = l2, .fit_intercept = options.fit_intercept},
      execution_);
  ChosenSolver solver = choose_solver(options, problem.n_parameters());
  typename SharedSearch<T>::Parts parts{.l1 = {.l1 = strength * l1_ratio},
                                        .solver = solver.solver,
                                        .limits = search_limits(x_, options.tol, options.max_iter),
                                        .fit_intercept = options.fit_intercept,
                                        .start = start_of(spec, problem.n_parameters(), problem.n_outputs()),
                                        .start_is_near = spec.start != nullptr};
  if (near != nullptr) parts.go_on_from(*near);
  std::vector<double>& l1_units = parts.l1.units;
  for (std::size_t k = 0; k < problem.n_outputs(); ++k) l1_units.insert(l1_units.end(), units.begin(), units.end());
  if (solver.solver == LogisticSolver::saga) parts.saga = saga_problem(spec, parts.l1, std::move(l2));
  SharedSearch<T> search(std::move(problem), std::move(parts));
  return std::make_unique<Fit>(spec, &own, rows, std::move(solver.text), std::move(search));
}

template <class T>
SagaProblem LogisticFits<T>::saga_problem(const FitSpec& spec, const L1Penalty& l1, std::vector<double> l2) {
  if (!gathered_) {
    gathered_ = std::make_shared<const GatheredRows>(gather_rows(dataset_, encoder_, {where, "saga"}, execution_));
  }
  const auto& options = spec.options->as<LogisticRegressionOptions>();
  RowWeights weights = weigh_rows(dataset_, spec, options.class_weight, execution_, where);
  RowValues of_all(weights.values.values(), execution_);
  const std::size_t n_classes = dataset_.schema().target.classes.size();
  return {.rows = gathered_,
          .own_weights = std::move(weights),
          .weights = std::move(of_all),
          .n_outputs = n_classes == 2 ? 1 : n_classes,
          .l1 = l1,
          .l2 = std::move(l2),
          .fit_intercept = options.fit_intercept,
          .execution = &execution_};
}

/// Fits that see the rows alike share what the kernel reads of them.
template <class T>
typename LogisticFits<T>::Rows LogisticFits<T>::rows_of(const FitSpec& spec) const {
  const std::string& class_weight = spec.options->as<LogisticRegressionOptions>().class_weight;
  for (const auto& other : fits_) {
    if (other->options().class_weight != class_weight) continue;
    if (same_rows(other->spec, spec, *execution_.communicator)) return other->rows;
  }
  const RowWeights weights = weigh_rows(dataset_, spec, class_weight, execution_, where);
  return {std::make_shared<const LogisticTargets<T>>(x_, dataset_.y(), weights.values.values(), weights.total,
                                                     dataset_.schema().target.classes.size(), execution_),
          weights.n_rows};
}

template <class T>
std::vector<double> LogisticFits<T>::start_of(const FitSpec& spec, std::size_t n_parameters,
                                              std::size_t n_outputs) const {
  if (spec.start == nullptr) return std::vector<double>(n_parameters, 0.0);
  std::vector<double> parameters = parameters_from(*spec.start, dataset_.schema(), encoder_, where);
  const bool fit_intercept = spec.options->as<LogisticRegressionOptions>().fit_intercept;
  if (!fit_intercept) std::fill_n(parameters.rbegin(), n_outputs, 0.0);
  return parameters;
}

template <class T>
std::unique_ptr<Model> LogisticFits<T>::model(Fit& fit) const {
  const LogisticRegressionOptions& options = fit.options();
  LbfgsResult result = fit.search.take_result();
  if (result.stopped_by == LbfgsStop::not_finite) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("[{}] expected an objective that {} can hold, it is not finite at the start", where, options.dtype),
        "use standardize=true, dtype=float64 or another start");
  }
  const bool no_penalty = penalty_strength(options) == 0;
  TrainingRecord record = describe(result, fit.search.has_l1(), no_penalty && fit.search.problem().separated());
  record.n_rows = fit.rows.n_rows;
  record.options_json = fit.spec.options->json();
  record.warnings = ignored_features(dataset_.schema(), *fit.own);
  std::vector<double> parameters = recode_parameters(result.x, encoder_, *fit.own);
  const std::size_t n_outputs = fit.search.problem().n_outputs();
  const std::span<double> coefficients = std::span(parameters).first(parameters.size() - n_outputs);
  const std::span<double> intercepts = std::span(parameters).last(n_outputs);
  if (n_outputs > 1) center(intercepts, n_outputs);
  if (n_outputs > 1 && no_penalty) center(coefficients, n_outputs);
  LogisticRegressionModel::Parts parts{.schema = dataset_.schema(),
                                       .encoder = *fit.own,
                                       .coefficients = {coefficients.begin(), coefficients.end()},
                                       .intercepts = {intercepts.begin(), intercepts.end()},
                                       .kkt = result.gradient_max,
                                       .solver = fit.solver,
                                       .training = std::move(record)};
  infer(fit, result.x, parts);
  warn(parts.training, result, options);
  return std::make_unique<LogisticRegressionModel>(std::move(parts));
}

template <class T>
void LogisticFits<T>::infer(const Fit& fit, std::span<const double> parameters,
                            LogisticRegressionModel::Parts& parts) const {
  const LogisticProblem<T>& problem = fit.search.problem();
  parts.no_inference =
      why_no_inference(penalty_strength(fit.options()) > 0, "penalty=none", parts.training, problem.n_parameters());
  if (!parts.no_inference.empty()) return;
  const bool several = problem.n_outputs() > 1;
  if (several) parts.no_inference = "they are given for two classes only";
  if (several && problem.n_parameters() > most_separating_parameters) return;
  if constexpr (std::is_same_v<T, double>) {
    std::vector<double> information = problem.hessian(parameters);
    if (is_separated(problem, {parameters.begin(), parameters.end()}, information)) return record_separation(parts);
    if (!several) infer_from(std::move(information), fit, parts);
  } else {  // which rounds away how flat a direction is
    LogisticFits<double> exact(dataset_, encoder_, execution_, RowStorage::none);
    exact.infer(*exact.prepare(fit.spec, *fit.own, nullptr), parameters, parts);
  }
}

template <class T>
void LogisticFits<T>::infer_from(std::vector<double> hessian, const Fit& fit,
                                 LogisticRegressionModel::Parts& parts) const {
  const double total = fit.rows.targets->total_weight;
  for (double& value : hessian) value *= total;
  const bool has_intercept = fit.options().fit_intercept;
  auto errors = standard_errors(hessian, encoder_, *fit.own, has_intercept);
  if (!errors) {
    parts.no_inference = dependent_columns;
    return;
  }
  parts.inference = Inference{.standard_errors = std::move(*errors),
                              .log_likelihood = -total * parts.training.objective,
                              .n_rows = total,
                              .n_parameters = static_cast<double>(parts.coefficients.size() + (has_intercept ? 1 : 0)),
                              .degrees_of_freedom = std::numeric_limits<double>::infinity()};
}

template <class T>
void LogisticFits<T>::warn(const TrainingRecord& record, const LbfgsResult& result,
                           const LogisticRegressionOptions& options) const {
  if (execution_.communicator->rank() != 0) return;
  log(LogLevel::info, fmt::format("[{}] {} iterations, {} evaluations on all rows, stopped by: {}", where,
                                  result.iterations, result.evaluations, record.stopped_by));
  for (const std::string& warning : record.warnings) log(LogLevel::warning, fmt::format("[{}] {}", where, warning));
  if (record.converged) return;
  if (record.stopped_by == separable) {
    return log_separable(where, "the classes are separable", "choose a finite C");
  }
  log_not_converged(result.iterations, result.gradient_max, options.tol);
}

template class LogisticFits<float>;
template class LogisticFits<double>;

}  // namespace thrum
