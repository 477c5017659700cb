#include "thrum/learn/sparse_learning.h"

#include <fmt/format.h>

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/learn/check_ranges_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/sparse_models_internal.h"

namespace thrum {
namespace {

std::optional<DenseNeed> logistic_need(const Options& options, std::size_t /*n_columns*/) {
  const auto& chosen = options.as<LogisticRegressionOptions>();
  if (penalty_strength(chosen) > 0) return dense_need(chosen);
  return DenseNeed{"a fit without a penalty, of which standard errors are computed, needs a dense matrix",
                   "use a penalty, with a large C"};
}

template <LinearPenalty penalty>
std::optional<DenseNeed> linear_need(const Options& options, std::size_t n_columns) {
  return dense_need(penalty, options.as<LinearRegressionOptions>(), n_columns);
}

template <LinearPenalty penalty>
std::unique_ptr<Model> train_linear(const SparseRows& rows, const Schema& schema, const Options& options,
                                    const Execution& execution) {
  return train_linear_regression(rows, schema, penalty, options, execution);
}

std::optional<DenseNeed> log_linear_need(const Options& options, std::size_t /*n_columns*/) {
  return dense_need(options.as<LogLinearRegressionOptions>());
}

template <MeanFamily family>
std::unique_ptr<Model> train_log_linear(const SparseRows& rows, const Schema& schema, const Options& options,
                                        const Execution& execution) {
  return train_log_linear_regression(rows, schema, family, options, execution);
}

std::optional<DenseNeed> sgd_need(const Options& options, std::size_t /*n_columns*/) {
  return sgd_dense_need(options);
}

struct SparseLearner {
  std::string_view name;
  std::optional<DenseNeed> (*need)(const Options&, std::size_t n_columns);
  std::unique_ptr<Model> (*train)(const SparseRows&, const Schema&, const Options&, const Execution&);
};

using L = LinearRegressionModel;
constexpr SparseLearner sparse_learners[] = {
    {LogisticRegressionModel::name, &logistic_need, &train_logistic_regression},
    {L::linear_regression, &linear_need<LinearPenalty::none>, &train_least_squares},
    {L::ridge, &linear_need<LinearPenalty::l2>, &train_linear<LinearPenalty::l2>},
    {L::lasso, &linear_need<LinearPenalty::l1>, &train_linear<LinearPenalty::l1>},
    {L::elastic_net, &linear_need<LinearPenalty::elastic_net>, &train_linear<LinearPenalty::elastic_net>},
    {L::poisson_regression, &log_linear_need, &train_log_linear<MeanFamily::poisson>},
    {L::gamma_regression, &log_linear_need, &train_log_linear<MeanFamily::gamma>},
    {LogisticRegressionModel::sgd_classifier, &sgd_need, &train_sgd},
    {L::sgd_regressor, &sgd_need, &train_sgd},
};

/// nullptr where it takes none.
const SparseLearner* find(const Learner& learner) {
  const auto found = std::ranges::find(sparse_learners, learner.name(), &SparseLearner::name);
  return found == std::end(sparse_learners) ? nullptr : found;
}

}  // namespace

bool takes_sparse(const Learner& learner) {
  return find(learner) != nullptr;
}

std::optional<DenseNeed> needs_dense(const Learner& learner, const Options& options, std::size_t n_columns) {
  if (const SparseLearner* sparse = find(learner)) return sparse->need(options, n_columns);
  return DenseNeed{fmt::format("{} takes no sparse matrix", learner.name()), ""};
}

std::unique_ptr<Model> fit_sparse(const Learner& learner, const SparseRows& rows, const Schema& schema,
                                  const Options& options, const Execution& execution) {
  if (const auto need = needs_dense(learner, options, rows.X.cols())) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", learner.name(), need->why), need->remedy);
  }
  check_ranges(options);
  return find(learner)->train(rows, schema, options, execution);
}

}  // namespace thrum
