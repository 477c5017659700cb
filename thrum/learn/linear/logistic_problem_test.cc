#include "thrum/learn/linear/logistic_problem_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/objective_testing_internal.h"

namespace thrum {
namespace {

/// A small problem with weights (some zero) from the counter.
struct Case {
  std::size_t n_rows = 200;
  std::size_t n_columns = 5;
  std::size_t n_classes = 2;
  double l2 = 0.03;
  bool fit_intercept = true;
  std::vector<double> x = {};
  std::vector<double> y = {};
  std::vector<double> weights = {};

  RowLoss loss = RowLoss::logistic;

  explicit Case(RowLoss of_mean) : Case(3) {
    loss = of_mean;
    n_classes = 2;  // one output
    for (double& value : y) value += 0.5;
  }
  explicit Case(std::size_t classes) : n_classes(classes) {
    const Random random(11);
    for (std::size_t i = 0; i < n_rows * n_columns; ++i) x.push_back(random.normal(i));
    for (std::size_t i = 0; i < n_rows; ++i) {
      y.push_back(static_cast<double>(random.below(10'000 + i, n_classes)));
      weights.push_back(static_cast<double>(random.below(20'000 + i, 3)));
    }
  }

  double total_weight() const {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    return sum;
  }
};

template <class T>
class Problem {
 public:
  explicit Problem(const Case& c)
      : x_(MatrixView<const double>(c.x.data(), c.n_rows, c.n_columns)),
        problem_(x_,
                 {.targets = targets(x_, c, execution_),
                  .l2 = std::vector<double>(c.n_columns, c.l2),
                  .fit_intercept = c.fit_intercept},
                 execution_) {}

  LogisticProblem<T>& operator*() { return problem_; }

  std::vector<double> point() const {
    std::vector<double> values(problem_.n_parameters());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = Random(3).normal(i);
    return values;
  }

 private:
  static std::shared_ptr<const LogisticTargets<T>> targets(const DesignMatrix<T>& x, const Case& c,
                                                           const Execution& execution) {
    if (c.loss == RowLoss::logistic) {
      return std::make_shared<const LogisticTargets<T>>(x, c.y, c.weights, c.total_weight(), c.n_classes, execution);
    }
    return std::make_shared<const LogisticTargets<T>>(x, c.y, c.weights, c.total_weight(), c.loss, 1.5, execution);
  }

  LocalExecution execution_{2};
  DesignMatrix<T> x_;
  LogisticProblem<T> problem_;
};

/// relative: to the largest component, of which the others are differences.
template <class T>
void expect_gradient_like_complex_steps(const Case& c, double relative) {
  Problem<T> problem{c};
  const std::vector<double> point = problem.point();
  std::vector<double> gradient(point.size());
  const double value = (*problem).evaluate(point, gradient);
  const testing_data::Objective f{.loss = c.loss,
                                  .n_columns = c.n_columns,
                                  .n_outputs = (*problem).n_outputs(),
                                  .l2 = c.l2,
                                  .x = {c.x.begin(), c.x.end()},
                                  .y = {c.y.begin(), c.y.end()},
                                  .weights = {c.weights.begin(), c.weights.end()}};
  const testing_data::Objective::Reals at(point.begin(), point.end()), slopes = f.gradient(at);
  EXPECT_NEAR(value / static_cast<double>(f.value(at)), 1, relative);
  const auto steepest = static_cast<double>(testing_data::largest(slopes));
  const std::vector<double> expected = testing_data::rounded(slopes);
  for (std::size_t i = 0; i < point.size(); ++i) EXPECT_NEAR(gradient[i], expected[i], relative * steepest) << i;
}

TEST(LogisticProblem, HasTheGradientThatComplexStepsGive) {
  for (const std::size_t n_classes : {2, 3, 10}) {
    expect_gradient_like_complex_steps<double>(Case(n_classes), 1e-14);
    expect_gradient_like_complex_steps<float>(Case(n_classes), 1e-5);
  }
  for (const RowLoss loss : {RowLoss::poisson, RowLoss::gamma}) {
    expect_gradient_like_complex_steps<double>(Case(loss), 1e-14);
    expect_gradient_like_complex_steps<float>(Case(loss), 1e-5);
  }
}

TEST(LogisticProblem, OfAMeanIsTheFormulaAtZero) {
  const Case c(RowLoss::gamma);
  double mean_y = 0;
  for (std::size_t i = 0; i < c.n_rows; ++i) mean_y += c.weights[i] * c.y[i] / c.total_weight();
  for (const RowLoss loss : {RowLoss::poisson, RowLoss::gamma}) {
    Problem<double> problem{Case(loss)};
    const std::vector<double> zeros((*problem).n_parameters(), 0.0);
    std::vector<double> gradient(zeros.size());
    EXPECT_NEAR((*problem).evaluate(zeros, gradient), loss == RowLoss::poisson ? 1 : mean_y, 1e-13);
  }
}

TEST(LogisticProblem, OfAMeanIsInfiniteBeyondTheRangeOfNumbers) {
  for (const RowLoss loss : {RowLoss::poisson, RowLoss::gamma}) {
    Problem<double> problem{Case(loss)};
    std::vector<double> point((*problem).n_parameters(), 0.0);
    std::vector<double> gradient(point.size());
    point.back() = loss == RowLoss::poisson ? 1000 : -1000;
    EXPECT_FALSE(std::isfinite((*problem).evaluate(point, gradient)));
  }
}

TEST(LogisticProblem, IsLogOfTheNumberOfClassesAtZero) {
  for (const std::size_t n_classes : {2, 3, 10}) {
    Problem<double> problem{Case(n_classes)};
    const std::vector<double> zeros((*problem).n_parameters(), 0.0);
    std::vector<double> gradient(zeros.size());
    EXPECT_NEAR((*problem).evaluate(zeros, gradient), std::log(static_cast<double>(n_classes)), 1e-14);
  }
}

TEST(LogisticProblem, HasTheCurvatureOfItsGradientAtZero) {
  for (const std::size_t n_classes : {2, 4}) {
    Problem<double> problem{Case(n_classes)};
    const std::vector<double> curvature = (*problem).curvature((*problem).all_blocks());
    for (std::size_t i = 0; i < curvature.size(); ++i) {
      std::vector<double> point(curvature.size(), 0.0);
      std::vector<double> above(curvature.size());
      std::vector<double> below(curvature.size());
      point[i] = 1e-5;
      (*problem).evaluate(point, above);
      point[i] = -1e-5;
      (*problem).evaluate(point, below);
      EXPECT_NEAR(curvature[i], (above[i] - below[i]) / 2e-5, 1e-8);
    }
  }
}

template <class T>
void expect_hessian_like_central_differences(const Case& c, double step, double tolerance) {
  Problem<T> problem{c};
  const std::vector<double> point = problem.point();
  const std::size_t n = point.size();
  const std::vector<double> hessian = (*problem).hessian(point, (*problem).all_blocks());
  for (std::size_t j = 0; j < n; ++j) {
    std::vector<double> at = point;
    std::vector<double> above(n);
    std::vector<double> below(n);
    at[j] = point[j] + step;
    (*problem).evaluate(at, above);
    at[j] = point[j] - step;
    (*problem).evaluate(at, below);
    for (std::size_t i = j; i < n; ++i) EXPECT_NEAR(hessian[i * n + j], (above[i] - below[i]) / (2 * step), tolerance);
  }
}

TEST(LogisticProblem, HasTheHessianThatDifferencesOfTheGradientGive) {
  for (const std::size_t n_classes : {2, 3, 5}) {
    expect_hessian_like_central_differences<double>(Case(n_classes), 1e-5, 1e-8);
    expect_hessian_like_central_differences<float>(Case(n_classes), 1e-2, 1e-3);
  }
  for (const RowLoss loss : {RowLoss::poisson, RowLoss::gamma}) {
    expect_hessian_like_central_differences<double>(Case(loss), 1e-5, 1e-3);
  }
}

template <class T>
void expect_product_with_hessian(const Case& c, double tolerance) {
  Problem<T> problem{c};
  const std::vector<double> point = problem.point();
  const std::size_t n = point.size();
  std::vector<double> direction(n);
  for (std::size_t i = 0; i < n; ++i) direction[i] = Random(4).normal(i);
  const std::vector<double> hessian = (*problem).hessian(point, (*problem).all_blocks());
  const std::vector<double> product = (*problem).hessian_product(point, direction, (*problem).all_blocks());
  for (std::size_t i = 0; i < n; ++i) {
    double expected = 0;
    double size = 1;
    for (std::size_t j = 0; j < n; ++j) {
      const double term = hessian[std::max(i, j) * n + std::min(i, j)] * direction[j];
      expected += term;
      size += std::abs(term);
    }
    EXPECT_NEAR(product[i], expected, tolerance * size) << "parameter " << i;
  }
}

TEST(LogisticProblem, MultipliesWithTheHessianWithoutFormingIt) {
  for (const std::size_t n_classes : {2, 3, 5}) {
    expect_product_with_hessian<double>(Case(n_classes), 1e-13);
    expect_product_with_hessian<float>(Case(n_classes), 1e-5);
  }
  for (const RowLoss loss : {RowLoss::poisson, RowLoss::gamma}) expect_product_with_hessian<double>(Case(loss), 1e-13);
  Case without_intercept(2);
  without_intercept.fit_intercept = false;
  Problem<double> problem{without_intercept};
  const std::vector<double> point = problem.point();
  EXPECT_EQ((*problem).hessian_product(point, point, (*problem).all_blocks()).back(), 0);
}

TEST(LogisticProblem, HasTheSameHessianOfSomeCoefficients) {
  for (const std::size_t n_classes : {2, 3}) {
    Problem<double> problem{Case(n_classes)};
    const std::vector<double> point = problem.point();
    const std::vector<double> all = (*problem).hessian(point, (*problem).all_blocks());
    std::vector<std::size_t> kept;
    for (std::size_t j = 0; j < (*problem).n_coefficients(); j += 2) kept.push_back(j);
    const std::vector<double> some = (*problem).hessian_of(kept, point, (*problem).all_blocks());
    for (std::size_t k = (*problem).n_coefficients(); k < point.size(); ++k) kept.push_back(k);
    ASSERT_EQ(some.size(), kept.size() * kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        EXPECT_NEAR(some[i * kept.size() + j], all[kept[i] * point.size() + kept[j]], 1e-12);
      }
    }
  }
}

TEST(LogisticProblem, OfASampleIsThatOfItsBlocksAlone) {
  Case all(2);
  const std::size_t n_rows = 5 * row_block + 7;
  const Random random(5);
  all.n_rows = n_rows;
  all.x.clear();
  all.y.clear();
  all.weights.assign(n_rows, 1.0);
  for (std::size_t i = 0; i < n_rows * all.n_columns; ++i) all.x.push_back(random.normal(i));
  for (std::size_t i = 0; i < n_rows; ++i) all.y.push_back(static_cast<double>(random.below(i, 2)));

  Case sampled = all;  // blocks 0, 3
  sampled.n_rows = 0;
  sampled.x.clear();
  sampled.y.clear();
  for (const std::size_t block : {0, 3}) {
    const std::size_t begin = block * row_block;
    sampled.n_rows += row_block;
    for (std::size_t i = begin; i < begin + row_block; ++i) {
      sampled.y.push_back(all.y[i]);
      for (std::size_t j = 0; j < all.n_columns; ++j) sampled.x.push_back(all.x[i * all.n_columns + j]);
    }
  }
  sampled.weights.assign(sampled.n_rows, 1.0);

  Problem<double> whole(all);
  Problem<double> part(sampled);
  const BlockSample blocks = (*whole).sample(3);
  EXPECT_EQ(blocks.total_weight, 2.0 * row_block);
  const std::vector<double> point = whole.point();
  std::vector<double> gradient(point.size());
  std::vector<double> expected(point.size());
  EXPECT_EQ((*whole).evaluate(point, gradient, blocks), (*part).evaluate(point, expected));
  EXPECT_EQ(gradient, expected);
  EXPECT_EQ((*whole).hessian(point, blocks), (*part).hessian(point, (*part).all_blocks()));
}

TEST(LogisticProblem, HoldsTheInterceptStillWhereThereIsNone) {
  Case c(3);
  c.fit_intercept = false;
  Problem<double> problem(c);
  std::vector<double> gradient((*problem).n_parameters());
  (*problem).evaluate(problem.point(), gradient);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(gradient[(*problem).n_coefficients() + k], 0);
}

TEST(LogisticProblem, KnowsWhenTheClassesAreSeparated) {
  Case c(2);
  for (std::size_t i = 0; i < c.n_rows; ++i) c.y[i] = c.x[i * c.n_columns] > 0 ? 1 : 0;
  Problem<double> problem(c);
  std::vector<double> point((*problem).n_parameters(), 0.0);
  std::vector<double> gradient(point.size());
  (*problem).evaluate(point, gradient);
  EXPECT_FALSE((*problem).separated());
  point[0] = 1;
  (*problem).evaluate(point, gradient);
  EXPECT_TRUE((*problem).separated());
}

}  // namespace
}  // namespace thrum
