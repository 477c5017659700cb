#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/learner.h"
#include "thrum/learn/linear/objective_testing_internal.h"
#include "thrum/model/linear/linear_regression_model.h"
#include "thrum/model/linear/logistic_regression_model.h"

namespace thrum {
namespace {

using testing_data::largest;
using testing_data::Objective;
using testing_data::rounded;
using Reals = Objective::Reals;

constexpr std::size_t n_rows = 100, n_columns = 4;

/// A x = b by elimination with pivots; A: (n, n).
Reals solve(Reals A, Reals b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < n; ++r) {
      if (std::abs(A[r * n + c]) > std::abs(A[pivot * n + c])) pivot = r;
    }
    for (std::size_t k = 0; k < n; ++k) std::swap(A[c * n + k], A[pivot * n + k]);
    std::swap(b[c], b[pivot]);
    for (std::size_t r = c + 1; r < n; ++r) {
      const long double factor = A[r * n + c] / A[c * n + c];
      for (std::size_t k = c; k < n; ++k) A[r * n + k] -= factor * A[c * n + k];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t c = n; c-- > 0;) {
    for (std::size_t k = c + 1; k < n; ++k) b[c] -= A[c * n + k] * b[k];
    b[c] /= A[c * n + c];
  }
  return b;
}

/// The step of Newton's method in the first n parameters, with a Hessian from differences of gradients.
Reals newton_step(const Objective& f, const Reals& at, const Reals& gradient, std::size_t n) {
  constexpr long double step = 1e-6L;
  Reals hessian(n * n);
  for (std::size_t j = 0; j < n; ++j) {
    Reals above = at, below = at;
    above[j] += step;
    below[j] -= step;
    const Reals g_above = f.gradient(above), g_below = f.gradient(below);
    for (std::size_t i = 0; i < n; ++i) hessian[i * n + j] = (g_above[i] - g_below[i]) / (2 * step);
  }
  return solve(hessian, {gradient.begin(), gradient.begin() + static_cast<std::ptrdiff_t>(n)});
}

/// Where the gradient is zero to the last digits; of three outputs or more, the last intercept stays zero.
Reals minimum(const Objective& f) {
  Reals x(f.n_parameters(), 0.0L);
  const std::size_t n_free = f.n_outputs == 1 ? x.size() : x.size() - 1;
  Reals gradient = f.gradient(x);
  for (int i = 0; i < 40 && largest(gradient) > 1e-17L; ++i) {
    const Reals step = newton_step(f, x, gradient, n_free);
    const long double before = f.value(x);
    Reals trial = x;
    for (long double part = 1; part > 1e-3L; part /= 2) {
      for (std::size_t j = 0; j < n_free; ++j) trial[j] = x[j] - part * step[j];
      if (f.value(trial) <= before + 1e-18L) break;
    }
    x = trial;
    gradient = f.gradient(x);
  }
  EXPECT_LE(largest(gradient), 1e-17L);
  return x;
}

struct Case {
  std::string name;
  std::string learner;
  RowLoss loss;
  std::size_t n_classes;  ///< 0: of means
  std::vector<std::pair<std::string, std::string>> options;
  double strength;  ///< of the penalty: 1 / C, or alpha
};

/// Numbers far from standard, weights, and a target that follows the numbers.
struct Drawn {
  explicit Drawn(const Case& c) {
    const Random random(9);
    for (std::size_t j = 0; j < n_columns; ++j) {
      x.emplace_back();
      for (std::size_t i = 0; i < n_rows; ++i) {
        x[j].push_back(std::pow(10.0, static_cast<double>(j)) * (3 + random.normal(i * n_columns + j)));
      }
    }
    for (std::size_t i = 0; i < n_rows; ++i) {
      weights.push_back(0.5 + random.uniform(5000 + i));
      const double score = x[0][i] - 3 + 0.1 * x[1][i] - 3 + random.normal(6000 + i);
      if (c.n_classes == 0) {
        y.push_back(c.loss == RowLoss::poisson ? std::floor(std::exp(score / 2)) : std::exp(score / 2));
      } else {
        const auto n = static_cast<double>(c.n_classes);
        y.push_back(std::clamp(std::floor(n / 2 + score), 0.0, n - 1));
      }
    }
  }

  Dataset dataset(const Case& c) const {
    std::vector<Column> columns;
    for (std::size_t j = 0; j < n_columns; ++j) columns.push_back(Column::float64("x" + std::to_string(j), x[j]));
    columns.push_back(Column::float64("y", y));
    columns.push_back(Column::float64("weight", weights));
    return Dataset(
        std::make_shared<const Table>(std::move(columns)),
        {.target = "y", .task = c.n_classes == 0 ? Task::regression : Task::classification, .weight = "weight"});
  }

  /// What a learner minimises on the standardised numbers.
  Objective objective(const Case& c) const {
    Objective f{.loss = c.loss,
                .n_columns = n_columns,
                .n_outputs = c.n_classes > 2 ? c.n_classes : 1,
                .x = Reals(n_rows * n_columns),
                .y = {y.begin(), y.end()},
                .weights = {weights.begin(), weights.end()}};
    long double total = 0;
    for (const double weight : weights) total += weight;
    f.l2 = c.n_classes == 0 ? c.strength : c.strength / total;
    for (std::size_t j = 0; j < n_columns; ++j) {
      long double mean = 0, squares = 0;
      for (std::size_t i = 0; i < n_rows; ++i) mean += f.weights[i] * x[j][i] / total;
      for (std::size_t i = 0; i < n_rows; ++i) squares += f.weights[i] * (x[j][i] - mean) * (x[j][i] - mean) / total;
      for (std::size_t i = 0; i < n_rows; ++i) f.x[i * n_columns + j] = (x[j][i] - mean) / std::sqrt(squares);
    }
    return f;
  }

  std::vector<std::vector<double>> x = {};
  std::vector<double> y = {};
  std::vector<double> weights = {};
};

struct Fitted {
  std::vector<double> parameters;
  double kkt;
  double objective;
};

Fitted fit(const Case& c, const Drawn& drawn, const std::string& solver, const std::string& tol) {
  const Learner& learner = find_learner(c.learner);
  Options options = learner.default_options();
  for (const auto& [name, value] : c.options) options.set(name, value);
  options.set("solver", solver);
  options.set("tol", tol);
  options.set("max_iter", "1000");
  const auto model = learner.fit(drawn.dataset(c), options, LocalExecution(2));
  Fitted fitted{{}, 0, model->training().objective};
  const auto take = [&](const auto& parts, const std::vector<double>& intercepts) {
    fitted.parameters.assign(parts.coefficients.begin(), parts.coefficients.end());
    fitted.parameters.insert(fitted.parameters.end(), intercepts.begin(), intercepts.end());
    fitted.kkt = parts.kkt;
  };
  if (const auto* logistic = dynamic_cast<const LogisticRegressionModel*>(model.get())) {
    take(logistic->parts(), logistic->parts().intercepts);
  } else {
    const auto& parts = dynamic_cast<const LinearRegressionModel&>(*model).parts();
    take(parts, {parts.intercept});
  }
  return fitted;
}

/// The mean loss that targets would have of themselves, which deviances leave out.
long double loss_at_own(const Objective& f) {
  long double sum = 0, total = 0;
  for (std::size_t i = 0; i < f.y.size(); ++i) {
    const long double y = f.y[i];
    total += f.weights[i];
    if (f.loss == RowLoss::gamma) sum += f.weights[i] * (1 + std::log(y));
    if (f.loss == RowLoss::poisson && y > 0) sum += f.weights[i] * (y - y * std::log(y));
  }
  return sum / total;
}

class ExactOptimum : public testing::TestWithParam<Case> {};

TEST_P(ExactOptimum, IsReachedByEverySolver) {
  const Drawn drawn(GetParam());
  const Objective f = drawn.objective(GetParam());
  Reals exact = minimum(f);
  const auto objective = static_cast<double>(f.value(exact) - loss_at_own(f));
  // Of three classes or more, intercepts add up to zero.
  long double mean = 0;
  for (std::size_t k = 0; k < f.n_outputs; ++k) mean += exact[f.n_outputs * n_columns + k] / f.n_outputs;
  for (std::size_t k = 0; f.n_outputs > 1 && k < f.n_outputs; ++k) exact[f.n_outputs * n_columns + k] -= mean;
  const std::vector<double> expected = rounded(exact);
  // L-BFGS ends where the objective no longer tells points apart: at half of its digits, squared.
  for (const auto& [solver, tolerance] : {std::pair("lbfgs", 1e-9), std::pair("newton-cholesky", 1e-13)}) {
    const Fitted fitted = fit(GetParam(), drawn, solver, "1e-15");
    ASSERT_EQ(fitted.parameters.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(fitted.parameters[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << solver << " " << i;
    }
    EXPECT_NEAR(fitted.objective, objective, 1e-14 * (1 + std::abs(objective))) << solver;
  }
}

TEST_P(ExactOptimum, IsAsFarAsTheKktResidualSays) {
  const Drawn drawn(GetParam());
  const Objective f = drawn.objective(GetParam());
  const Fitted fitted = fit(GetParam(), drawn, "lbfgs", "1e-2");
  const auto gradient = static_cast<double>(largest(f.gradient({fitted.parameters.begin(), fitted.parameters.end()})));
  EXPECT_GT(gradient, 1e-6) << "nothing to compare";
  EXPECT_NEAR(fitted.kkt, gradient, 1e-14);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ExactOptimum,
    testing::Values(Case{"TwoClasses", "logistic-regression", RowLoss::logistic, 2, {{"C", "0.5"}}, 2},
                    Case{"TwoClassesWithoutAPenalty", "logistic-regression", RowLoss::logistic, 2, {{"C", "inf"}}, 0},
                    Case{"ThreeClasses", "logistic-regression", RowLoss::logistic, 3, {{"C", "0.5"}}, 2},
                    Case{"Poisson", "poisson-regression", RowLoss::poisson, 0, {{"alpha", "0.1"}}, 0.1},
                    Case{"Gamma", "gamma-regression", RowLoss::gamma, 0, {{"alpha", "0.1"}}, 0.1}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thrum
