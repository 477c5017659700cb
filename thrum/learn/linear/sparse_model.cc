#include "thrum/learn/linear/sparse_model.h"

#include <utility>

#include "thrum/core/assert.h"
#include "thrum/learn/linear/logistic_solver_internal.h"

namespace thrum {
namespace {

std::string stopped_by(const SparseSolution& solution, double tol) {
  if (solution.kkt <= tol) return "the conditions of optimality are within tol";
  return solution.converged ? "the objective no longer decreases in this arithmetic" : "max_iter";
}

}  // namespace

std::unique_ptr<LogisticRegressionModel> train_logistic_regression(const SparseRows& rows, const Schema& schema,
                                                                   const Options& options, const Execution& execution) {
  THRUM_ASSERT(schema.features.size() == rows.X.cols());
  const auto& chosen = options.as<LogisticRegressionOptions>();
  SparseSolution solution = fit_logistic_regression(rows, schema.target.classes.size(), chosen, execution);
  if (!solution.converged) log_not_converged(solution.iterations, solution.kkt, chosen.tol);
  const bool has_l1 = l1_ratio_of(chosen) > 0 && penalty_strength(chosen) > 0;
  return std::make_unique<LogisticRegressionModel>(LogisticRegressionModel::Parts{
      .schema = schema,
      .encoder = Encoder(schema, std::vector<Encoder::FeatureEncoding>(schema.features.size())),
      .coefficients = std::move(solution.coefficients),
      .intercepts = std::move(solution.intercepts),
      .kkt = solution.kkt,
      .solver = has_l1 ? "newton-cd, of a sparse matrix" : "lbfgs, of a sparse matrix",
      .no_inference = "they are not computed of a sparse matrix",
      .training = {.n_rows = rows.X.rows(),
                   .iterations = solution.iterations,
                   .converged = solution.converged,
                   .objective = solution.objective,
                   .stopped_by = stopped_by(solution, chosen.tol),
                   .options_json = options.json()}});
}

}  // namespace thrum
