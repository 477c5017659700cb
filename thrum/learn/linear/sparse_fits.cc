#include "thrum/learn/linear/sparse_fits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/linear/column_search_internal.h"
#include "thrum/learn/linear/lbfgs.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/matrix_rows_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/separation_internal.h"
#include "thrum/learn/linear/sparse_least_squares_internal.h"
#include "thrum/learn/linear/sparse_models_internal.h"
#include "thrum/learn/linear/sparse_problem_internal.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(std::string_view where, const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, what), hint);
}

/// What all of the options structs have.
template <class Options>
std::optional<DenseNeed> common_need(const Options& options) {
  if (options.dtype == "bfloat16")
    return DenseNeed{"dtype=bfloat16 needs a dense matrix", "use dtype=float32 or float64"};
  if (!options.standardize || options.fit_intercept) return std::nullopt;
  return DenseNeed{"a sparse matrix is not centred, which without an intercept changes the fit",
                   "use standardize=false"};
}

/// Of those that have a solver.
std::optional<DenseNeed> solver_need(const std::string& solver, std::string_view expected) {
  if (solver == "auto" || solver == expected) return std::nullopt;
  return DenseNeed{fmt::format("the solver {} needs a dense matrix", solver),
                   fmt::format("use solver={} or auto", expected)};
}

template <class Options>
void check(Options options, std::span<const OptionField> fields, const std::optional<DenseNeed>& need,
           std::string_view where) {
  for (const OptionField& field : fields) field.set(&options, field.get(&options));
  if (need) refuse(where, need->why, need->remedy);
}

struct Search {
  double l1 = 0;
  double l2;
  double typical_slope;  ///< of the slope of a row's loss: the second derivative
  double start = 0;      ///< the intercept to begin with
  LbfgsOptions limits;
};

using Report = FunctionRef<void(std::size_t iteration, double objective)>;

struct Found {
  LbfgsResult result;
  std::string_view solver;
};

LbfgsResult minimize_by_products(const SparseProblem& problem, NewtonSearch search, Report report) {
  std::vector<double> gradient(problem.n_parameters());
  while (!search.done()) {
    if (search.wants_hessian()) {
      search.add_hessian(problem.hessian_of(*search.hessian_coefficients(), search.best()));
      continue;
    }
    search.add(problem.evaluate(search.point(), gradient), gradient);
    report(search.iterations(), search.objective());
  }
  return search.take_result();
}

LbfgsResult minimize_by_columns(const SparseProblem& problem, std::vector<double> start, const Search& options,
                                Report report) {
  ColumnProblem columns(problem);
  ColumnSearch search(std::move(start), options.l1, columns, options.limits);
  std::vector<double> gradient(problem.n_parameters());
  while (!search.done()) {
    search.add(columns.evaluate(search.point(), gradient), gradient);
    report(search.iterations(), search.objective());
  }
  return search.take_result();
}

Found minimize_with_l1(const SparseProblem& problem, std::vector<double> start, const Search& search, Report report) {
  if (!problem.has_cheap_products()) {
    return {minimize_by_columns(problem, std::move(start), search, report), "newton-cd by columns"};
  }
  const L1Penalty l1{search.l1, std::vector<double>(problem.n_coefficients(), 1.0)};
  const std::size_t n_intercepts = problem.fits_intercept() ? problem.n_outputs() : 0;
  return {minimize_by_products(problem, NewtonSearch(std::move(start), l1, n_intercepts, search.limits), report),
          "newton-cd"};
}

SparseSolution minimize(SparseProblem& problem, const Search& search, bool fit_intercept, const Execution& execution) {
  problem.set_penalty(search.l2);
  std::vector<double> start(problem.n_parameters(), 0.0);
  if (fit_intercept) start.back() = search.start;
  const auto report = [&](std::size_t iteration, double objective) {
    execution.check_stop("fit");
    execution.report({"fit", iteration, search.limits.max_iter, fmt::format("objective {:.6g}", objective)});
  };
  const auto evaluate = [&](std::span<const double> x, std::span<double> gradient) {
    return problem.evaluate(x, gradient);
  };
  const auto precondition = [&](std::span<double> x) { problem.precondition(x, search.typical_slope); };
  const auto [result, solver] =
      search.l1 > 0 ? minimize_with_l1(problem, std::move(start), search, report)
                    : Found{minimize_lbfgs(evaluate, std::move(start), precondition, search.limits, report), "lbfgs"};
  if (result.stopped_by == LbfgsStop::not_finite) {
    refuse(problem.where(), "expected an objective that float64 can hold, it is not finite at the start",
           "use standardize=true, or divide the target");
  }
  const bool converged = result.stopped_by == LbfgsStop::gradient || result.stopped_by == LbfgsStop::objective;
  const bool looks = converged && search.l1 == 0 && search.l2 == 0 && problem.may_be_separable() &&
                     problem.n_parameters() <= most_separating_parameters;
  const bool separable = looks && is_separated(problem, result.x);
  return {.coefficients = problem.coefficients(result.x),
          .intercepts = problem.intercepts(result.x),
          .objective = result.objective,
          .kkt = result.gradient_max,
          .iterations = result.iterations,
          .converged = converged && !separable,
          .separable = separable,
          .solver = solver,
          .total_weight = problem.total_weight()};
}

LbfgsOptions limits_of(double tol, int max_iter) {
  return {.max_iter = static_cast<std::size_t>(max_iter), .gradient_tolerance = tol};
}

}  // namespace

std::vector<double> weigh_classes(const SparseRows& rows, const Target& target, const std::string& class_weight,
                                  const Execution& execution, std::string_view where) {
  const std::size_t n_classes = target.classes.size();
  const std::vector<double> totals = sum_row_blocks(execution, rows.y.size(), n_classes,
                                                    [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                                      for (std::size_t i = begin; i < end; ++i) {
                                                        partial[static_cast<std::size_t>(rows.y[i])] += rows.weight(i);
                                                      }
                                                    });
  if (std::ranges::count_if(totals, [](double total) { return total > 0; }) < 2) {
    refuse(where, "expected training rows of at least two classes", "train on rows of two classes or more");
  }
  std::vector<double> of_class(n_classes, 1.0);
  if (class_weight != "none") of_class = class_weights(target, class_weight, totals, where);
  std::vector<double> weights(rows.y.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = rows.weight(i) * of_class[static_cast<std::size_t>(rows.y[i])];
  }
  return weights;
}

std::optional<DenseNeed> dense_need(const LogisticRegressionOptions& options) {
  const bool has_l1 = penalty_strength(options) > 0 && l1_ratio_of(options) > 0;
  if (auto need = solver_need(options.solver, has_l1 ? "newton-cd" : "lbfgs")) return need;
  return common_need(options);
}

std::optional<DenseNeed> dense_need(LinearPenalty penalty, const LinearRegressionOptions& options,
                                    std::size_t n_columns) {
  if (penalty == LinearPenalty::none && n_columns > most_multiplied_columns) {
    return DenseNeed{fmt::format("least squares without a penalty of more than {} columns need a dense matrix",
                                 most_multiplied_columns),
                     "use ridge, with a small alpha"};
  }
  if (options.positive) return DenseNeed{"positive=true needs a dense matrix", "use positive=false"};
  return common_need(options);
}

std::optional<DenseNeed> dense_need(const LogLinearRegressionOptions& options) {
  if (auto need = solver_need(options.solver, "lbfgs")) return need;
  return common_need(options);
}

SparseSolution fit_logistic_regression(const SparseRows& rows, std::size_t n_classes,
                                       const LogisticRegressionOptions& options, const Execution& execution) {
  Target target{.name = "y", .task = Task::classification};
  for (std::size_t k = 0; k < n_classes; ++k) target.classes.push_back(std::to_string(k));
  return fit_logistic_regression(rows, target, options, execution);
}

SparseSolution fit_logistic_regression(const SparseRows& given, const Target& target,
                                       const LogisticRegressionOptions& options, const Execution& execution) {
  constexpr const char* where = LogisticRegressionModel::name.data();
  const std::size_t n_classes = target.classes.size();
  check(options, LogisticRegressionOptions::fields(), dense_need(options), where);
  const TypedRows typed(given, options.dtype);
  const SparseRows& rows = typed.rows();
  const double l1_ratio = penalty_strength(options) > 0 ? l1_ratio_of(options) : 0;
  if (n_classes < 2) refuse(where, fmt::format("expected two classes or more, got {}", n_classes), "");
  check_targets_and_weights(where, rows, n_classes, execution);
  const bool binary = n_classes == 2;
  // As of a dense fit, the weights of classes do not scale the columns.
  SparseProblem problem(rows,
                        {.loss = binary ? SparseLoss::logistic : SparseLoss::softmax,
                         .n_outputs = binary ? 1 : n_classes,
                         .fit_intercept = options.fit_intercept,
                         .standardize = options.standardize,
                         .loss_weights = weigh_classes(rows, target, options.class_weight, execution, where)},
                        execution, where);
  const double k = static_cast<double>(n_classes);
  const double strength = penalty_strength(options) / problem.total_weight();
  SparseSolution solution = minimize(problem,
                                     {.l1 = strength * l1_ratio,
                                      .l2 = strength * (1 - l1_ratio),
                                      .typical_slope = binary ? 0.25 : (1 - 1 / k) / k,
                                      .limits = limits_of(options.tol, options.max_iter)},
                                     options.fit_intercept, execution);
  if (!binary) center(solution.intercepts, n_classes);
  if (!binary && penalty_strength(options) == 0) center(solution.coefficients, n_classes);
  return solution;
}

SparseSolution fit_linear_regression(const SparseRows& given, LinearPenalty penalty,
                                     const LinearRegressionOptions& options, const Execution& execution) {
  const char* where = LinearRegressionModel::names[static_cast<std::size_t>(penalty)].data();
  check(options, LinearRegressionOptions::fields(penalty), dense_need(penalty, options, given.X.cols()), where);
  const TypedRows typed(given, options.dtype);
  const SparseRows& rows = typed.rows();
  check_targets_and_weights(where, rows, 0, execution);
  if (penalty == LinearPenalty::none) return solve_least_squares(rows, options, execution).solution;
  SparseProblem problem(
      rows, {.loss = SparseLoss::squared, .fit_intercept = options.fit_intercept, .standardize = options.standardize},
      execution, where);
  const double l1_ratio = penalty == LinearPenalty::l1            ? 1
                          : penalty == LinearPenalty::elastic_net ? options.l1_ratio
                                                                  : 0;
  const double strength = penalty == LinearPenalty::l2 ? options.alpha / problem.total_weight() : options.alpha;
  return minimize(problem,
                  {.l1 = strength * l1_ratio,
                   .l2 = strength * (1 - l1_ratio),
                   .typical_slope = 1,
                   .start = problem.mean_target(),
                   .limits = limits_of(options.tol * strength * l1_ratio, options.max_iter)},
                  options.fit_intercept, execution);
}

SparseSolution fit_log_linear_regression(const SparseRows& given, MeanFamily family,
                                         const LogLinearRegressionOptions& options, const Execution& execution) {
  const bool is_gamma = family == MeanFamily::gamma;
  const char* where =
      (is_gamma ? LinearRegressionModel::gamma_regression : LinearRegressionModel::poisson_regression).data();
  check(options, LogLinearRegressionOptions::fields(), dense_need(options), where);
  const TypedRows typed(given, options.dtype);
  const SparseRows& rows = typed.rows();
  check_targets_and_weights(where, rows, 0, execution);
  for (std::size_t i = 0; i < rows.y.size(); ++i) {
    if (rows.weight(i) == 0 || (is_gamma ? rows.y[i] > 0 : rows.y[i] >= 0)) continue;
    refuse(where,
           fmt::format("expected targets {}, got {} in row {}", is_gamma ? "above 0" : "of 0 or more", rows.y[i],
                       rows.first_row + i + 1),
           "");
  }
  SparseProblem problem(rows,
                        {.loss = is_gamma ? SparseLoss::gamma : SparseLoss::poisson,
                         .fit_intercept = options.fit_intercept,
                         .standardize = options.standardize},
                        execution, where);
  const double mean = problem.mean_target();
  if (!std::isfinite(mean)) {
    const auto largest = std::ranges::max_element(rows.y);
    refuse(where,
           fmt::format("expected targets whose sum a number can hold, the largest here, {}, is in row {}", *largest,
                       rows.first_row + static_cast<std::size_t>(largest - rows.y.begin()) + 1),
           "divide the target");
  }
  if (!(mean > 0)) refuse(where, "expected a target above 0 in one row at least, all are 0", "");
  return minimize(problem,
                  {.l2 = options.alpha,
                   .typical_slope = is_gamma || !options.fit_intercept ? 1 : mean,
                   .start = std::log(mean),
                   .limits = limits_of(options.tol, options.max_iter)},
                  options.fit_intercept, execution);
}

}  // namespace thrum
