#include "thrum/learn/learner.h"

#include <fmt/format.h>

#include <string>

#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/stochastic_gradient_descent.h"
#include "thrum/learn/tree/forest/decision_tree.h"
#include "thrum/learn/tree/forest/extra_trees.h"
#include "thrum/learn/tree/forest/isolation_forest.h"
#include "thrum/learn/tree/forest/random_forest.h"
#include "thrum/learn/tree/gbdt.h"

namespace thrum {

std::unique_ptr<Model> Learner::fit(const Dataset& dataset, const Options& options, const Execution& execution) const {
  const FitSpec spec{.options = &options};
  return std::move(fit_many(dataset, std::span(&spec, 1), execution).front());
}

Task Learner::task(const Options&, const Column& target) const {
  return tasks().size() == 1 ? tasks().front() : natural_task(target);
}

std::span<const Learner* const> learners() {
  static const LinearRegression linear_regression(LinearPenalty::none);
  static const LinearRegression ridge(LinearPenalty::l2);
  static const LinearRegression lasso(LinearPenalty::l1);
  static const LinearRegression elastic_net(LinearPenalty::elastic_net);
  static const LogLinearRegression poisson_regression(MeanFamily::poisson);
  static const LogLinearRegression gamma_regression(MeanFamily::gamma);
  static const LogisticRegression logistic_regression;
  static const StochasticGradientDescent sgd_classifier(Task::classification);
  static const StochasticGradientDescent sgd_regressor(Task::regression);
  static const DecisionTree decision_tree;
  static const RandomForest random_forest;
  static const ExtraTrees extra_trees;
  static const IsolationForest isolation_forest;
  static const Gbdt gbdt;
  static constexpr const Learner* list[] = {
      &logistic_regression,
      &linear_regression,
      &ridge,
      &lasso,
      &elastic_net,
      &poisson_regression,
      &gamma_regression,
      &sgd_classifier,
      &sgd_regressor,
      &decision_tree,
      &random_forest,
      &extra_trees,
      &gbdt,
      &isolation_forest,
  };
  return list;
}

const Learner& find_learner(std::string_view name) {
  std::vector<std::string> names;
  for (const Learner* learner : learners()) {
    if (learner->name() == name) return *learner;
    names.emplace_back(learner->name());
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("[train] expected the name of a learner, got \"{}\"", name),
              nearest_hint(name, names));
}

}  // namespace thrum
