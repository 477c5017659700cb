#include "thrum/learn/linear/lbfgs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "thrum/learn/linear/line_search_internal.h"

namespace thrum {
namespace {

/// sum_i c_i (x_i - 1)^2 / 2
struct Quadratic {
  std::vector<double> c;

  double operator()(std::span<const double> x, std::span<double> gradient) const {
    double value = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      value += 0.5 * c[i] * (x[i] - 1) * (x[i] - 1);
      gradient[i] = c[i] * (x[i] - 1);
    }
    return value;
  }
};

constexpr auto rosenbrock = [](std::span<const double> x, std::span<double> gradient) {
  const double a = x[1] - x[0] * x[0];
  gradient[0] = -400 * x[0] * a - 2 * (1 - x[0]);
  gradient[1] = 200 * a;
  return 100 * a * a + (1 - x[0]) * (1 - x[0]);
};

/// The Hessian taken for the unit matrix.
constexpr auto identity = [](std::span<double>) {};

constexpr auto ignore = [](std::size_t, double) {};

LbfgsResult minimize(Objective objective, std::vector<double> start, const LbfgsOptions& options) {
  return minimize_lbfgs(objective, std::move(start), identity, options, ignore);
}

TEST(Lbfgs, FindsTheMinimumOfRosenbrocksValley) {
  const LbfgsResult result = minimize(rosenbrock, {-1.2, 1}, {.gradient_tolerance = 1e-9});
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_LE(result.gradient_max, 1e-9);
  EXPECT_NEAR(result.x[0], 1, 1e-8);
  EXPECT_NEAR(result.x[1], 1, 1e-8);
  EXPECT_LT(result.evaluations, 80u);
}

TEST(Lbfgs, NeedsOneStepWhereTheCurvatureIsKnown) {
  const Quadratic quadratic{{1e-3, 1, 1e6}};
  const auto divide = [&](std::span<double> x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] /= quadratic.c[i];
  };
  const LbfgsResult result = minimize_lbfgs(quadratic, {5, -3, 2}, divide, {.gradient_tolerance = 1e-6}, ignore);
  EXPECT_EQ(result.iterations, 1u);
  EXPECT_EQ(result.evaluations, 2u);
  EXPECT_NEAR(result.x[2], 1, 1e-9);
}

TEST(Lbfgs, TakesNoStepAtTheMinimum) {
  const LbfgsResult result = minimize(Quadratic{{1, 2}}, {1, 1}, {});
  EXPECT_EQ(result.iterations, 0u);
  EXPECT_EQ(result.evaluations, 1u);
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
}

TEST(Lbfgs, StopsAtMaxIterWithTheBestPoint) {
  const LbfgsResult result = minimize(rosenbrock, {-1.2, 1}, {.max_iter = 3});
  EXPECT_EQ(result.iterations, 3u);
  EXPECT_EQ(result.stopped_by, LbfgsStop::max_iter);
  std::vector<double> gradient(2);
  EXPECT_EQ(rosenbrock(result.x, gradient), result.objective);
  EXPECT_EQ(std::max(std::abs(gradient[0]), std::abs(gradient[1])), result.gradient_max);
}

TEST(Lbfgs, StopsWhereRoundingHidesTheDecrease) {
  const Quadratic quadratic{{1, 10, 100, 1000}};
  const auto rounded = [&](std::span<const double> x, std::span<double> gradient) {
    for (double& g : gradient) g = 0;
    const double value = static_cast<float>(1 + quadratic(x, gradient));
    gradient[0] += 1e-7;
    return value;
  };
  const LbfgsResult result =
      minimize(rounded, {3, 3, 3, 3}, {.max_iter = 1000, .gradient_tolerance = 0, .precision = 0x1p-24});
  EXPECT_EQ(result.stopped_by, LbfgsStop::objective);
  EXPECT_NEAR(result.objective, 1, 1e-5);
}

TEST(Lbfgs, RefusesAStartThatIsNotFinite) {
  const auto infinite = [](std::span<const double>, std::span<double> gradient) {
    gradient[0] = 1;
    return std::numeric_limits<double>::infinity();
  };
  EXPECT_EQ(minimize(infinite, {0}, {}).stopped_by, LbfgsStop::not_finite);
}

TEST(Lbfgs, KeepsAwayFromWhereTheObjectiveIsNotFinite) {
  // x - log x, with the minimum at 1 and nothing below 0.
  const auto barrier = [](std::span<const double> x, std::span<double> gradient) {
    gradient[0] = 1 - 1 / x[0];
    return x[0] - std::log(x[0]);
  };
  const LbfgsResult result = minimize(barrier, {40}, {.gradient_tolerance = 1e-10});
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_NEAR(result.x[0], 1, 1e-9);
}

TEST(Lbfgs, ReportsEachIteration) {
  std::vector<double> objectives;
  const auto note = [&](std::size_t iteration, double objective) {
    objectives.push_back(objective);
    EXPECT_EQ(iteration, objectives.size());
  };
  const LbfgsResult result = minimize_lbfgs(rosenbrock, {-1.2, 1}, identity, {}, note);
  ASSERT_EQ(objectives.size(), result.iterations);
  for (std::size_t i = 1; i < objectives.size(); ++i) EXPECT_LT(objectives[i], objectives[i - 1]);
}

TEST(Lbfgs, LetsExceptionsOut) {
  const auto stop = [](std::size_t, double) { throw std::runtime_error("stopped"); };
  EXPECT_THROW(minimize_lbfgs(rosenbrock, {-1.2, 1}, identity, {}, stop), std::runtime_error);
}

/// A function of the step with its derivative.
struct Line {
  double (*value)(double);
  double (*slope)(double);
  std::vector<double> tried = {};

  std::optional<LinePoint> search(double noise = 0) {
    LineSearch line({0, value(0), slope(0)}, noise);
    for (auto state = LineSearch::State::searching; state == LineSearch::State::searching;) {
      const double step = line.step();
      tried.push_back(step);
      state = line.add(value(step), slope(step));
      if (state == LineSearch::State::found) return LinePoint{step, value(step), slope(step)};
    }
    return std::nullopt;
  }
};

TEST(LineSearch, TakesTheFullStepWhereItIsGoodEnough) {
  Line line{[](double a) { return (a - 1.3) * (a - 1.3); }, [](double a) { return 2 * (a - 1.3); }};
  ASSERT_TRUE(line.search());
  EXPECT_EQ(line.tried, std::vector<double>{1});
}

TEST(LineSearch, ShortensAStepThatIsFarTooLong) {
  Line line{[](double a) { return (a - 1e-3) * (a - 1e-3); }, [](double a) { return 2 * (a - 1e-3); }};
  const auto point = line.search();
  ASSERT_TRUE(point);
  EXPECT_LT(point->value, 1e-6);
  EXPECT_EQ(point->step, line.tried.back());
  EXPECT_LT(line.tried.size(), 8u);
}

TEST(LineSearch, LengthensAStepThatIsTooShort) {
  Line line{[](double a) { return (a - 50) * (a - 50); }, [](double a) { return 2 * (a - 50); }};
  const auto point = line.search();
  ASSERT_TRUE(point);
  EXPECT_GT(point->step, 4);
  EXPECT_LE(std::abs(point->slope), 0.9 * 100);
}

TEST(LineSearch, AcceptsByTheSlopeWhereNoiseHidesTheValue) {
  Line line{[](double a) { return a > 0 ? 1 + 1e-12 : 1; }, [](double a) { return 1e-9 * (a - 1.1); }};
  EXPECT_TRUE(line.search(1e-11));
  EXPECT_FALSE(line.search(0));
}

TEST(LineSearch, GivesUpOnAFunctionWithoutAMinimum) {
  Line line{[](double a) { return -a; }, [](double) { return -1.0; }};
  EXPECT_FALSE(line.search());
  EXPECT_EQ(line.tried.size(), 30u);
}

}  // namespace
}  // namespace thrum
