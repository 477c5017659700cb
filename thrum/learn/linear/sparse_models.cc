#include <fmt/format.h>

#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/assert.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/least_squares_inference_internal.h"
#include "thrum/learn/linear/log_linear_fits_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/matrix_rows_internal.h"
#include "thrum/learn/linear/separation_internal.h"
#include "thrum/learn/linear/sparse_least_squares_internal.h"
#include "thrum/learn/linear/sparse_models_internal.h"

namespace thrum {
namespace {

constexpr const char* no_inference = "they are not computed of a sparse matrix";

std::string stopped_by(const SparseSolution& solution, double tol) {
  if (solution.separable) return std::string(separable);
  if (solution.kkt <= tol) return "the conditions of optimality are within tol";
  return solution.converged ? "the objective no longer decreases in this arithmetic" : "max_iter";
}

TrainingRecord record_of(const SparseSolution& solution, std::size_t n_rows, double tol, const Options& options) {
  return {.n_rows = n_rows,
          .iterations = solution.iterations,
          .converged = solution.converged,
          .objective = solution.objective,
          .stopped_by = stopped_by(solution, tol),
          .options_json = options.json()};
}

std::unique_ptr<Model> linear_model(std::string_view algorithm, const Schema& schema, SparseSolution solution,
                                    TrainingRecord record, const Execution& execution) {
  const bool is_first = execution.communicator->rank() == 0;
  if (solution.separable && is_first) {
    log_separable(algorithm, "rows of 0 are separable from the others", "choose alpha above 0");
  } else if (!solution.converged && is_first) {
    log(LogLevel::warning,
        fmt::format(
            "[{}] not converged after {} iterations: largest gradient component {:.3g}; raise max_iter or alpha",
            algorithm, solution.iterations, solution.kkt));
  }
  return std::make_unique<LinearRegressionModel>(
      LinearRegressionModel::Parts{.algorithm = algorithm,
                                   .schema = schema,
                                   .encoder = plain_encoder(schema),
                                   .coefficients = std::move(solution.coefficients),
                                   .intercept = solution.intercepts[0],
                                   .kkt = solution.kkt,
                                   .no_inference = no_inference,
                                   .training = std::move(record)});
}

}  // namespace

std::size_t count_rows(const SparseRows& rows, const Execution& execution) {
  const auto count = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    for (std::size_t i = begin; i < end; ++i) partial[0] += rows.weight(i) > 0 ? 1 : 0;
  };
  return static_cast<std::size_t>(sum_row_blocks(execution, rows.X.rows(), 1, count)[0]);
}

Encoder plain_encoder(const Schema& schema) {
  return Encoder(schema, std::vector<Encoder::FeatureEncoding>(schema.features.size()));
}

std::unique_ptr<Model> train_logistic_regression(const SparseRows& rows, const Schema& schema, const Options& options,
                                                 const Execution& execution) {
  THRUM_ASSERT(schema.features.size() == rows.X.cols());
  const auto& chosen = options.as<LogisticRegressionOptions>();
  SparseSolution solution = fit_logistic_regression(rows, schema.target, chosen, execution);
  const bool is_first = execution.communicator->rank() == 0;
  if (solution.separable && is_first) {
    log_separable(LogisticRegressionModel::name, "the classes are separable", "choose a finite C");
  } else if (!solution.converged && is_first) {
    log_not_converged(solution.iterations, solution.kkt, chosen.tol);
  }
  TrainingRecord record = record_of(solution, count_rows(rows, execution), chosen.tol, options);
  return std::make_unique<LogisticRegressionModel>(
      LogisticRegressionModel::Parts{.schema = schema,
                                     .encoder = plain_encoder(schema),
                                     .coefficients = std::move(solution.coefficients),
                                     .intercepts = std::move(solution.intercepts),
                                     .kkt = solution.kkt,
                                     .solver = fmt::format("{}, of a sparse matrix", solution.solver),
                                     .no_inference = no_inference,
                                     .training = std::move(record)});
}

std::unique_ptr<Model> train_linear_regression(const SparseRows& rows, const Schema& schema, LinearPenalty penalty,
                                               const Options& options, const Execution& execution) {
  THRUM_ASSERT(schema.features.size() == rows.X.cols());
  SparseSolution solution = fit_linear_regression(rows, penalty, options.as<LinearRegressionOptions>(), execution);
  TrainingRecord record = record_of(solution, count_rows(rows, execution), 0, options);
  if (penalty == LinearPenalty::l2) record.objective *= 2 * solution.total_weight;
  const std::string_view name = LinearRegressionModel::names[static_cast<std::size_t>(penalty)];
  return linear_model(name, schema, std::move(solution), std::move(record), execution);
}

std::unique_ptr<Model> train_least_squares(const SparseRows& rows, const Schema& schema, const Options& options,
                                           const Execution& execution) {
  THRUM_ASSERT(schema.features.size() == rows.X.cols());
  const auto& chosen = options.as<LinearRegressionOptions>();
  check_targets_and_weights(LinearRegressionModel::linear_regression, rows, 0, execution);
  SparseLeastSquares found = solve_least_squares(rows, chosen, execution);
  const Encoder encoder = plain_encoder(schema);
  LinearRegressionModel::Parts parts{.algorithm = LinearRegressionModel::linear_regression,
                                     .schema = schema,
                                     .encoder = encoder,
                                     .coefficients = std::move(found.solution.coefficients),
                                     .intercept = found.solution.intercepts[0],
                                     .kkt = found.solution.kkt,
                                     .training = record_of(found.solution, count_rows(rows, execution), 0, options)};
  parts.training.objective = found.squared_error;
  parts.training.stopped_by = "the equations are solved";
  infer({.gram = found.gram,
         .total_weight = found.solution.total_weight,
         .squared_error = found.squared_error,
         .independent = found.rank == rows.X.cols(),
         .fit_intercept = chosen.fit_intercept},
        encoder, encoder, parts);
  if (found.rank < rows.X.cols()) {
    const std::string warning = dependence_warning(rows.X.cols(), found.rank);
    parts.training.warnings.push_back(warning);
    if (execution.communicator->rank() == 0) {
      log(LogLevel::warning, fmt::format("[{}] {}", parts.algorithm, warning));
    }
  }
  return std::make_unique<LinearRegressionModel>(std::move(parts));
}

std::unique_ptr<Model> train_log_linear_regression(const SparseRows& rows, const Schema& schema, MeanFamily family,
                                                   const Options& options, const Execution& execution) {
  THRUM_ASSERT(schema.features.size() == rows.X.cols());
  const auto& chosen = options.as<LogLinearRegressionOptions>();
  SparseSolution solution = fit_log_linear_regression(rows, family, chosen, execution);
  const auto add_own = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    for (std::size_t i = begin; i < end; ++i) {
      if (rows.weight(i) > 0) partial[0] += rows.weight(i) * loss_at_own(family, rows.y[i]);
    }
  };
  const double own = sum_row_blocks(execution, rows.X.rows(), 1, add_own)[0];
  TrainingRecord record = record_of(solution, count_rows(rows, execution), chosen.tol, options);
  record.objective -= own / solution.total_weight;
  return linear_model(LogLinearRegression(family).name(), schema, std::move(solution), std::move(record), execution);
}

}  // namespace thrum
