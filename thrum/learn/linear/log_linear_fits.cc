#include <fmt/format.h>

#include <cmath>
#include <type_traits>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/log_linear_fits_internal.h"
#include "thrum/learn/linear/log_linear_inference_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/separation_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"
#include "thrum/learn/linear/warm_start_internal.h"

namespace thrum {
namespace {

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

}  // namespace

double loss_at_own(MeanFamily family, double y) {
  if (family == MeanFamily::gamma) return 1 + std::log(y);
  return y == 0 ? 0 : y - y * std::log(y);
}

template <class T>
std::vector<std::unique_ptr<Model>> LogLinearFits<T>::fit(std::span<const FitSpec> specs, const EncodedFits& group) {
  std::vector<LbfgsResult> near;
  if (group.type == RowType::bfloat16) {
    near = LogLinearFits<float>(family_, dataset_, encoder_, execution_, RowStorage::bfloat16).search(specs, group);
  }
  run(specs, group, near);
  std::vector<std::unique_ptr<Model>> models;
  for (const auto& fit : fits_) models.push_back(model(*fit));
  return models;
}

template <class T>
std::vector<LbfgsResult> LogLinearFits<T>::search(std::span<const FitSpec> specs, const EncodedFits& group) {
  run(specs, group, {});
  return take_results(fits_);
}

template <class T>
void LogLinearFits<T>::run(std::span<const FitSpec> specs, const EncodedFits& group,
                           std::span<const LbfgsResult> near) {
  const auto prepared = [&](const FitSpec& spec, const Encoder& own, const LbfgsResult* start) {
    return prepare(spec, own, start);
  };
  search_group<T>(fits_, specs, group, near, prepared, dataset_.n_rows_of_all_ranks(), execution_, name().data());
}

template <class T>
std::unique_ptr<typename LogLinearFits<T>::Fit> LogLinearFits<T>::prepare(const FitSpec& spec, const Encoder& own,
                                                                          const LbfgsResult* near) const {
  const auto& options = spec.options->as<LogLinearRegressionOptions>();
  const bool newton = options.solver == "newton-cholesky";
  if (newton && encoder_.n_outputs() + 1 > most_newton_parameters) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected {} parameters at most for Newton's method, got {}", name(),
                            most_newton_parameters, encoder_.n_outputs() + 1),
                "use solver=lbfgs");
  }
  const Rows rows = rows_of(spec);
  std::vector<double> l2 = column_units(encoder_, own);
  for (double& unit : l2) unit *= unit * options.alpha;
  LogisticProblem<T> problem(x_,
                             {.targets = rows.targets,
                              .first_row = dataset_.first_row(),
                              .l2 = std::move(l2),
                              .fit_intercept = options.fit_intercept},
                             execution_);
  typename SharedSearch<T>::Parts parts;
  parts.solver = newton ? LogisticSolver::newton : LogisticSolver::lbfgs;
  parts.limits = search_limits(x_, options.tol, options.max_iter);
  parts.fit_intercept = options.fit_intercept;
  parts.start = start_of(spec, rows.mean);
  parts.start_is_near = spec.start != nullptr;
  if (near != nullptr) parts.go_on_from(*near);
  SharedSearch<T> search(std::move(problem), std::move(parts));
  return std::make_unique<Fit>(spec, own, rows, std::move(search));
}

/// Fits that see the rows alike share what the kernel reads of them.
template <class T>
typename LogLinearFits<T>::Rows LogLinearFits<T>::rows_of(const FitSpec& spec) const {
  for (const auto& other : fits_) {
    if (same_rows(other->spec, spec, *execution_.communicator)) return other->rows;
  }
  const RowWeights weights = weigh_rows(dataset_, spec, execution_, name());
  const std::span<const double> s = weights.values.values();
  const std::span<const double> y = dataset_.y();
  check_targets(s);
  const std::vector<double> sums =
      sum_row_blocks(execution_, y.size(), 2, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        for (std::size_t i = begin; i < end; ++i) {
          if (s[i] == 0) continue;
          partial[0] += s[i] * y[i];
          partial[1] += s[i] * loss_at_own(family_, y[i]);
        }
      });
  if (!std::isfinite(sums[0])) refuse_sum(s);
  const double mean = sums[0] / weights.total;
  if (!(mean > 0)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected a target above 0 in one row at least, all of \"{}\" are 0", name(),
                            dataset_.schema().target.name));
  }
  const RowLoss loss = family_ == MeanFamily::poisson ? RowLoss::poisson : RowLoss::gamma;
  return {std::make_shared<const LogisticTargets<T>>(x_, y, s, weights.total, loss, mean, execution_), weights.n_rows,
          mean, sums[1] / weights.total};
}

template <class T>
void LogLinearFits<T>::check_targets(std::span<const double> weights) const {
  const bool is_gamma = family_ == MeanFamily::gamma;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double y = dataset_.y()[i];
    if (weights[i] == 0 || (is_gamma ? y > 0 : y >= 0)) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected targets {}, row {} has {}", name(), is_gamma ? "above 0" : "of 0 or more",
                            dataset_.first_row() + i + 1, y),
                y == 0 ? "use poisson-regression, or leave the rows of 0 out"
                       : "use linear-regression, or a target that cannot be negative");
  }
}

/// Names the row that weighs most in a sum beyond the range of numbers.
template <class T>
void LogLinearFits<T>::refuse_sum(std::span<const double> weights) const {
  double most = 0;
  const std::span<const double> y = dataset_.y();
  for (std::size_t i = 0; i < y.size(); ++i) most = std::max(most, weights[i] * y[i]);
  execution_.communicator->allreduce(std::span(&most, 1), ReduceOp::max);
  std::uint64_t row = dataset_.n_rows_of_all_ranks();
  for (std::size_t i = y.size(); i-- > 0;) {
    if (weights[i] * y[i] == most) row = dataset_.first_row() + i;
  }
  execution_.communicator->allreduce(std::span(&row, 1), ReduceOp::min);
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] expected targets whose sum a number can hold, those of \"{}\" add up to more; the "
                          "largest, {}, is in row {}",
                          name(), dataset_.schema().target.name, most, row + 1),
              "divide the target, or correct the row");
}

template <class T>
std::vector<double> LogLinearFits<T>::start_of(const FitSpec& spec, double mean) const {
  const bool fit_intercept = spec.options->as<LogLinearRegressionOptions>().fit_intercept;
  std::vector<double> start(encoder_.n_outputs() + 1, 0.0);
  if (spec.start != nullptr) {
    start = parameters_from(*spec.start, dataset_.schema(), encoder_, name());
  } else {
    start.back() = std::log(mean);
  }
  if (!fit_intercept) start.back() = 0;
  return start;
}

template <class T>
std::unique_ptr<Model> LogLinearFits<T>::model(Fit& fit) const {
  LbfgsResult result = fit.search.take_result();
  if (result.stopped_by == LbfgsStop::not_finite) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected an objective that {} can hold, it is not finite at the start", name(),
                            fit.options().dtype),
                "use standardize=true, dtype=float64 or another start");
  }
  TrainingRecord record{.n_rows = fit.rows.n_rows,
                        .iterations = result.iterations,
                        .converged = result.stopped_by != LbfgsStop::max_iter,
                        .objective = result.objective - fit.rows.loss_at_own,
                        .stopped_by = std::string(stopped_by(result.stopped_by)),
                        .options_json = fit.spec.options->json(),
                        .warnings = ignored_features(dataset_.schema(), fit.own)};
  std::vector<double> parameters = recode_parameters(result.x, encoder_, fit.own);
  const double intercept = parameters.back();
  parameters.pop_back();
  LinearRegressionModel::Parts parts{.algorithm = name(),
                                     .schema = dataset_.schema(),
                                     .encoder = fit.own,
                                     .coefficients = std::move(parameters),
                                     .intercept = intercept,
                                     .kkt = result.gradient_max,
                                     .training = std::move(record)};
  infer(fit, result, parts);
  warn(parts.training, result, fit.options().tol);
  return std::make_unique<LinearRegressionModel>(std::move(parts));
}

template <class T>
void LogLinearFits<T>::infer(const Fit& fit, const LbfgsResult& result, LinearRegressionModel::Parts& parts) const {
  const LogisticProblem<T>& problem = fit.search.problem();
  parts.no_inference = why_no_inference(fit.options().alpha > 0, "alpha=0", parts.training, problem.n_parameters());
  if (!parts.no_inference.empty()) return;
  if constexpr (std::is_same_v<T, double>) {
    FittedMeans means{.family = family_,
                      .x = x_,
                      .targets = *fit.rows.targets,
                      .y = dataset_.y(),
                      .parameters = result.x,
                      .objective = result.objective,
                      .fit_intercept = fit.options().fit_intercept};
    if (family_ == MeanFamily::poisson) {
      means.hessian = problem.hessian(result.x);
      if (is_separated(problem, result.x, means.hessian)) return record_separation(parts);
    }
    if (fit.rows.targets->total_weight > means.n_parameters()) {
      parts.inference = infer_means(means, encoder_, fit.own, execution_);
      if (!parts.inference) parts.no_inference = dependent_columns;
    } else {
      parts.no_inference = "there are not more rows than coefficients";
    }
  } else {  // which rounds away how flat a direction is
    const LogLinearFits<double> exact(family_, dataset_, encoder_, execution_, RowStorage::none);
    exact.infer(*exact.prepare(fit.spec, fit.own, nullptr), result, parts);
  }
}

template <class T>
void LogLinearFits<T>::warn(const TrainingRecord& record, const LbfgsResult& result, double tol) const {
  if (execution_.communicator->rank() != 0) return;
  log(LogLevel::info, fmt::format("[{}] {} iterations, {} evaluations on all rows, stopped by: {}", name(),
                                  result.iterations, result.evaluations, record.stopped_by));
  for (const std::string& warning : record.warnings) log(LogLevel::warning, fmt::format("[{}] {}", name(), warning));
  if (record.converged) return;
  if (record.stopped_by == separable) {
    return log_separable(name(), "rows of 0 are separable from the others", "choose alpha above 0");
  }
  log(LogLevel::warning,
      fmt::format("[{}] not converged after {} iterations: largest gradient component {:.3g}, tol {:.3g}; raise "
                  "max_iter or tol, or alpha",
                  name(), result.iterations, result.gradient_max, tol));
}

template class LogLinearFits<float>;
template class LogLinearFits<double>;

}  // namespace thrum
