#include "thrum/learn/linear/coordinate_descent_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "thrum/core/random.h"

namespace thrum {
namespace {

using Numbers = std::vector<double>;

/// The equations of rows x (n, d) and y, uncentred.
NormalEquations equations_of(const std::vector<Numbers>& x, const Numbers& y) {
  const std::size_t d = x[0].size();
  Numbers gram((d + 2) * (d + 2), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    Numbers row = x[i];
    row.push_back(1);
    row.push_back(y[i]);
    for (std::size_t j = 0; j < d + 2; ++j) {
      for (std::size_t k = 0; k <= j; ++k) gram[j * (d + 2) + k] += row[j] * row[k];
    }
  }
  return NormalEquations(gram, Numbers(d, 1.0), false);
}

/// Correlated columns, few of which matter.
NormalEquations drawn(std::size_t n_rows, std::size_t n_columns) {
  const Random random(4);
  std::vector<Numbers> x(n_rows, Numbers(n_columns));
  Numbers y(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    for (std::size_t j = 0; j < n_columns; ++j) {
      x[i][j] = random.normal(i * n_columns + j) + (j > 0 ? 0.8 * x[i][j - 1] : 0);
    }
    y[i] = 3 * x[i][0] - 2 * x[i][n_columns / 2] + random.normal(1'000'000 + i);
  }
  return equations_of(x, y);
}

TEST(CoordinateDescent, ShrinksTheCoefficientsOfOrthogonalColumns) {
  // X^T X = 4 I, X^T y = (8, -2): u = (8 - 1) / 4, and the second within l1 = 3 is zero.
  const NormalEquations equations = equations_of({{2, 0}, {0, 2}}, {4, -1});
  CoordinateDescent descent(equations);
  EXPECT_TRUE(descent.minimize({.l1 = 3}, {.tolerance = 1e-14}).converged);
  EXPECT_EQ(descent.solution(), (Numbers{1.25, 0}));
  EXPECT_EQ(descent.kkt({.l1 = 3}), 0);
  EXPECT_NEAR(descent.objective({.l1 = 3}), 0.5 * (1.5 * 1.5 + 1) + 3 * 1.25, 1e-14);
}

TEST(CoordinateDescent, MeetsTheConditionsOfOptimality) {
  const NormalEquations equations = drawn(60, 30);
  for (const double part : {0.9, 0.3, 0.03, 1e-3}) {
    for (const double l2 : {0.0, 5.0}) {
      for (const bool positive : {false, true}) {
        const ElasticNetPenalty penalty{part * largest_l1(equations, positive), l2, positive};
        CoordinateDescent descent(equations);
        const auto outcome = descent.minimize(penalty, {.tolerance = 1e-14});
        EXPECT_TRUE(outcome.converged);
        EXPECT_LE(outcome.gap, 1e-14 * equations.yy);
        EXPECT_LE(descent.kkt(penalty), 1e-5) << part << " " << l2 << " " << positive;
        if (positive) {
          EXPECT_GE(*std::ranges::min_element(descent.solution()), 0);
        }
      }
    }
  }
}

TEST(CoordinateDescent, BoundsHowMuchLowerTheObjectiveCanBe) {
  const NormalEquations equations = drawn(60, 30);
  const ElasticNetPenalty penalty{0.01 * largest_l1(equations, false), 0.5};
  CoordinateDescent exact(equations);
  exact.minimize(penalty, {.tolerance = 1e-15});
  for (const std::size_t epochs : {1, 2, 4, 8}) {
    CoordinateDescent descent(equations);
    const auto outcome = descent.minimize(penalty, {.tolerance = 0, .max_epochs = epochs});
    EXPECT_EQ(outcome.epochs, epochs);
    EXPECT_GE(outcome.gap, descent.objective(penalty) - exact.objective(penalty) - 1e-12 * equations.yy);
  }
}

TEST(CoordinateDescent, IsZeroFromTheLargestPenaltyOn) {
  const NormalEquations equations = drawn(40, 5);
  CoordinateDescent descent(equations);
  descent.minimize({.l1 = largest_l1(equations, false)}, {});
  EXPECT_EQ(descent.solution(), Numbers(5, 0.0));
  CoordinateDescent below(equations);
  below.minimize({.l1 = 0.99 * largest_l1(equations, false)}, {.tolerance = 1e-9});
  EXPECT_NE(below.solution(), Numbers(5, 0.0));
}

TEST(CoordinateDescent, FindsTheSameOptimumFromElsewhere) {
  const NormalEquations equations = drawn(60, 20);
  const ElasticNetPenalty penalty{0.05 * largest_l1(equations, false)};
  CoordinateDescent cold(equations);
  cold.minimize(penalty, {.tolerance = 1e-15});
  CoordinateDescent warm(equations);
  warm.minimize({.l1 = 1e-3 * penalty.l1}, {.tolerance = 1e-9});
  warm.minimize(penalty, {.tolerance = 1e-15});
  for (std::size_t j = 0; j < 20; ++j) EXPECT_NEAR(warm.solution()[j], cold.solution()[j], 1e-8);
}

TEST(CoordinateDescent, LeavesColumnsOfZerosAlone) {
  const NormalEquations equations = equations_of({{1, 0}, {2, 0}, {3, 0}}, {1, 2, 3});
  CoordinateDescent descent(equations);
  EXPECT_TRUE(descent.minimize({.l1 = 1}, {.tolerance = 1e-14}).converged);
  EXPECT_NEAR(descent.solution()[0], 13.0 / 14, 1e-14);
  EXPECT_EQ(descent.solution()[1], 0);
}

TEST(NormalEquations, AreSolvedWithAndWithoutAPenalty) {
  // (x, y) = (1, 2), (2, 3), (3, 7): slope 2.5 without the means, 31 / 14 through the origin.
  const Numbers gram = {14, 0, 0, 6, 3, 0, 29, 12, 62};
  const NormalEquations centered(gram, Numbers{1}, true);
  EXPECT_NEAR(solve_normal_equations(centered, 0).u[0], 2.5, 1e-15);
  EXPECT_NEAR(solve_normal_equations(centered, 3).u[0], 1, 1e-15);
  EXPECT_NEAR(solve_normal_equations(NormalEquations(gram, Numbers{1}, false), 0).u[0], 29.0 / 14, 1e-15);
  EXPECT_NEAR(solve_normal_equations(NormalEquations(gram, Numbers{10}, true), 0).u[0], 25, 1e-13);
}

TEST(NormalEquations, TakeTheSmallestOfManySolutions) {
  // The third column is the sum of the others.
  const Random random(8);
  std::vector<Numbers> x;
  Numbers y;
  for (std::size_t i = 0; i < 20; ++i) {
    const double a = random.normal(2 * i);
    const double b = random.normal(2 * i + 1);
    x.push_back({a, b, a + b});
    y.push_back(3 * a);
  }
  const DirectSolution solution = solve_normal_equations(equations_of(x, y), 0);
  EXPECT_EQ(solution.rank, 2u);
  // u0 + u2 = 3, u1 + u2 = 0: the smallest is (2, -1, 1).
  EXPECT_NEAR(solution.u[0], 2, 1e-10);
  EXPECT_NEAR(solution.u[1], -1, 1e-10);
  EXPECT_NEAR(solution.u[2], 1, 1e-10);
}

TEST(NormalEquations, HaveAZeroSolutionForColumnsOfZeros) {
  const DirectSolution solution = solve_normal_equations(equations_of({{0}, {0}}, {1, 2}), 0);
  EXPECT_EQ(solution.rank, 0u);
  EXPECT_EQ(solution.u, Numbers{0});
}

}  // namespace
}  // namespace thrum
