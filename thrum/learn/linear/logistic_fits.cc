#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/logistic_fits_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"
#include "thrum/learn/linear/warm_start_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LogisticRegressionModel::name;

/// Of the blocks that the search begins with: 16 to 31 of them, which tell the curvature to a few percent, so that a
/// pass over all rows comes that much nearer to the minimum; all where there are fewer.
std::size_t sample_stride(std::size_t n_rows) {
  constexpr std::size_t n_sampled = 16;
  return std::max<std::size_t>(1, n_rows / row_block / n_sampled);
}

/// As many as keep the sums of a pass in the second cache: a matter of speed only.
std::size_t fits_per_pass(std::size_t n_parameters) {
  return std::clamp<std::size_t>(8192 / n_parameters, 4, 64);
}

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

/// Softmax does not change when all outputs get the same: the one with mean zero is taken.
void center(std::span<double> outputs, std::size_t n_outputs) {
  const std::size_t n = outputs.size() / n_outputs;
  for (std::size_t j = 0; j < n; ++j) {
    double sum = 0;
    for (std::size_t k = 0; k < n_outputs; ++k) sum += outputs[k * n + j];
    for (std::size_t k = 0; k < n_outputs; ++k) outputs[k * n + j] -= sum / static_cast<double>(n_outputs);
  }
}

TrainingRecord describe(const LbfgsResult& result, bool has_l1, bool separable) {
  return {.iterations = result.iterations,
          .converged = !separable && result.stopped_by != LbfgsStop::max_iter,
          .objective = result.objective,
          .stopped_by = std::string(separable ? "separable" : stopped_by(result.stopped_by, has_l1))};
}

}  // namespace

template <class T>
std::vector<std::unique_ptr<Model>> LogisticFits<T>::fit(std::span<const FitSpec> specs, const EncodedFits& group) {
  fits_.clear();
  for (const EncodedFits::Member& member : group.members) fits_.push_back(prepare(specs[member.spec], member.own));
  search_sample();
  search_all_rows();
  std::vector<std::unique_ptr<Model>> models;
  for (const auto& fit : fits_) models.push_back(model(*fit));
  return models;
}

template <class T>
std::unique_ptr<typename LogisticFits<T>::Fit> LogisticFits<T>::prepare(const FitSpec& spec, const Encoder& own) const {
  const auto& options = spec.options->as<LogisticRegressionOptions>();
  const Rows rows = rows_of(spec);
  const double strength = penalty_strength(options) / rows.targets->total_weight;
  const double l1_ratio = l1_ratio_of(options);
  const std::vector<double> units = column_units(encoder_, own);
  std::vector<double> l2 = units;
  for (double& value : l2) value *= value * strength * (1 - l1_ratio);
  LogisticProblem<T> problem(x_,
                             {.targets = rows.targets,
                              .first_row = dataset_.first_row(),
                              .l2 = std::move(l2),
                              .fit_intercept = options.fit_intercept},
                             execution_);
  ChosenSolver solver = choose_solver(options, problem.n_parameters());
  L1Penalty l1{.l1 = strength * l1_ratio};
  for (std::size_t k = 0; k < problem.n_outputs(); ++k) l1.units.insert(l1.units.end(), units.begin(), units.end());
  return std::make_unique<Fit>(spec, own, rows, std::move(problem), BlockSample{}, std::move(l1), std::move(solver));
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
LbfgsOptions LogisticFits<T>::Fit::limits() const {
  LbfgsOptions limits{.max_iter = static_cast<std::size_t>(options().max_iter), .gradient_tolerance = options().tol};
  // Margins in single precision move the mean loss by far less than their own rounding.
  if constexpr (sizeof(T) == 4) limits.precision = 0x1p-33;
  return limits;
}

template <class T>
void LogisticFits<T>::Fit::begin(std::vector<double> start, const BlockSample& curvature_blocks,
                                 const LbfgsOptions& limits) {
  switch (solver.solver) {
    case LogisticSolver::lbfgs:
      curvature.emplace(problem, start, curvature_blocks);
      search = std::make_unique<LbfgsSearch>(std::move(start), *curvature, limits);
      break;
    case LogisticSolver::newton:
      search = std::make_unique<NewtonSearch>(std::move(start), l1, options().fit_intercept ? problem.n_outputs() : 0,
                                              limits);
      break;
    case LogisticSolver::gradient_descent:
      search = std::make_unique<GradientDescent>(std::move(start), limits);
      break;
  }
}

template <class T>
void LogisticFits<T>::Fit::add_hessian() {
  if (search->wants_hessian()) search->add_hessian(problem.hessian(search->best(), blocks));
}

/// Brings the fits without a start near their minimum: to that of a sample, to the precision that the sample is worth.
template <class T>
void LogisticFits<T>::search_sample() {
  const std::size_t stride = sample_stride(dataset_.n_rows_of_all_ranks());
  if (stride == 1) return;
  for (const auto& fit : fits_) {
    if (fit->spec.start != nullptr) continue;
    LbfgsOptions limits = fit->limits();
    limits.gradient_tolerance = std::max(limits.gradient_tolerance, 1e-3);
    fit->blocks = fit->problem.sample(stride);
    fit->begin(std::vector<double>(fit->problem.n_parameters(), 0.0), fit->blocks, limits);
  }
  search_together(false);
}

template <class T>
void LogisticFits<T>::search_all_rows() {
  const std::size_t stride = sample_stride(dataset_.n_rows_of_all_ranks());
  for (const auto& fit : fits_) {
    std::vector<double> near(fit->problem.n_parameters(), 0.0);
    if (fit->spec.start != nullptr) near = given_start(*fit);
    if (fit->search) {
      LbfgsResult rough = fit->search->take_result();
      if (rough.stopped_by != LbfgsStop::not_finite) near = std::move(rough.x);
    }
    fit->blocks = fit->problem.all_blocks();
    fit->begin(std::move(near), fit->problem.sample(stride), fit->limits());
  }
  search_together(true);
}

template <class T>
std::vector<double> LogisticFits<T>::given_start(const Fit& fit) const {
  std::vector<double> parameters = parameters_from(*fit.spec.start, dataset_.schema(), encoder_, where);
  if (!fit.options().fit_intercept) std::fill_n(parameters.rbegin(), fit.problem.n_outputs(), 0.0);
  return parameters;
}

template <class T>
std::vector<typename LogisticFits<T>::Fit*> LogisticFits<T>::searching() const {
  std::vector<Fit*> going;
  for (const auto& fit : fits_) {
    if (fit->search && !fit->search->done()) going.push_back(fit.get());
  }
  return going;
}

template <class T>
void LogisticFits<T>::search_together(bool report) {
  std::size_t iterations = 0;
  for (std::vector<Fit*> going = searching(); !going.empty(); going = searching()) {
    execution_.check_stop(where.data());
    for (Fit* fit : going) fit->add_hessian();
    std::erase_if(going, [](const Fit* fit) { return fit->search->done(); });
    if (going.empty()) continue;
    going.resize(std::min(going.size(), fits_per_pass(going[0]->problem.n_parameters())));
    std::vector<typename LogisticProblem<T>::Evaluation> evaluations;
    for (Fit* fit : going) evaluations.push_back({&fit->problem, fit->blocks, fit->search->point()});
    LogisticProblem<T>::evaluate_together(evaluations);
    for (std::size_t k = 0; k < going.size(); ++k) {
      going[k]->search->add(evaluations[k].value, evaluations[k].gradient);
    }
    if (report) report_progress(iterations);
  }
}

/// Says how far the fit is that has most iterations behind it; `iterations` is what was said last.
template <class T>
void LogisticFits<T>::report_progress(std::size_t& iterations) const {
  std::size_t most = 0;
  std::size_t limit = 0;
  std::size_t n_done = 0;
  for (const auto& fit : fits_) {
    most = std::max(most, fit->search->iterations());
    limit = std::max(limit, fit->limits().max_iter);
    n_done += fit->search->done() ? 1 : 0;
  }
  if (most == iterations) return;
  iterations = most;
  execution_.report({"fit", most, limit,
                     fits_.size() == 1 ? fmt::format("objective {:.6g}", fits_[0]->search->objective())
                                       : fmt::format("{} of {} fits done", n_done, fits_.size())});
}

template <class T>
std::unique_ptr<Model> LogisticFits<T>::model(Fit& fit) const {
  const LogisticRegressionOptions& options = fit.options();
  LbfgsResult result = fit.search->take_result();
  if (result.stopped_by == LbfgsStop::not_finite) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("[{}] expected an objective that {} can hold, it is not finite at the start", where, options.dtype),
        "use standardize=true, dtype=float64 or another start");
  }
  const bool no_penalty = penalty_strength(options) == 0;
  TrainingRecord record = describe(result, fit.l1.l1 > 0, no_penalty && fit.problem.separated());
  record.n_rows = fit.rows.n_rows;
  record.options_json = fit.spec.options->json();
  record.warnings = ignored_features(dataset_.schema(), fit.own);
  warn(record, result, options);
  std::vector<double> parameters = recode_parameters(result.x, encoder_, fit.own);
  const std::size_t n_outputs = fit.problem.n_outputs();
  const std::span<double> coefficients = std::span(parameters).first(parameters.size() - n_outputs);
  const std::span<double> intercepts = std::span(parameters).last(n_outputs);
  if (n_outputs > 1) center(intercepts, n_outputs);
  if (n_outputs > 1 && no_penalty) center(coefficients, n_outputs);
  LogisticRegressionModel::Parts parts{.schema = dataset_.schema(),
                                       .encoder = fit.own,
                                       .coefficients = {coefficients.begin(), coefficients.end()},
                                       .intercepts = {intercepts.begin(), intercepts.end()},
                                       .kkt = result.gradient_max,
                                       .solver = fit.solver.text,
                                       .training = std::move(record)};
  infer(fit, result.x, parts);
  return std::make_unique<LogisticRegressionModel>(std::move(parts));
}

template <class T>
void LogisticFits<T>::infer(const Fit& fit, std::span<const double> parameters,
                            LogisticRegressionModel::Parts& parts) const {
  if (penalty_strength(fit.options()) > 0) {
    parts.no_inference = "a penalty biases the coefficients; use penalty=none";
  } else if (parts.intercepts.size() > 1) {
    parts.no_inference = "they are given for two classes only";
  } else if (!parts.training.converged) {
    parts.no_inference = fmt::format("the fit did not converge ({})", parts.training.stopped_by);
  } else if (fit.problem.n_parameters() > most_newton_parameters) {
    parts.no_inference = fmt::format("the Hessian of more than {} parameters is not computed", most_newton_parameters);
  }
  if (!parts.no_inference.empty()) return;
  const double total = fit.rows.targets->total_weight;
  std::vector<double> information = fit.problem.hessian(parameters, fit.problem.all_blocks());
  for (double& value : information) value *= total;
  const bool has_intercept = fit.options().fit_intercept;
  auto errors = standard_errors(information, encoder_, fit.own, has_intercept);
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

template class LogisticFits<float>;
template class LogisticFits<double>;

}  // namespace thrum
