#include "thrum/learn/linear/descent_search_internal.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace thrum {
namespace {

using Numbers = std::vector<double>;

/// sum_i c_i (x_i - t_i)^2 / 2 + q sum_i (x_i - t_i)^4 / 4
struct Bowl {
  Numbers c;
  Numbers t;
  double q = 0;

  double value(std::span<const double> x, Numbers& gradient) const {
    double sum = 0;
    for (std::size_t i = 0; i < c.size(); ++i) {
      const double e = x[i] - t[i];
      sum += 0.5 * c[i] * e * e + 0.25 * q * e * e * e * e;
      gradient[i] = c[i] * e + q * e * e * e;
    }
    return sum;
  }
  /// Of all parameters, or of some coefficients and what comes behind `n_coefficients`.
  Numbers hessian(std::span<const double> x, std::vector<std::size_t> chosen, std::size_t n_coefficients) const {
    for (std::size_t i = n_coefficients; i < c.size(); ++i) chosen.push_back(i);
    Numbers h(chosen.size() * chosen.size(), 0.0);
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const std::size_t i = chosen[k];
      h[k * chosen.size() + k] = c[i] + 3 * q * (x[i] - t[i]) * (x[i] - t[i]);
    }
    return h;
  }
  Numbers product(std::span<const double> x, std::span<const double> v) const {
    const Numbers h = hessian(x, {}, 0);
    Numbers hv(v.size(), 0.0);
    for (std::size_t i = 0; i < v.size(); ++i) hv[i] = h[i * v.size() + i] * v[i];
    return hv;
  }
};

LbfgsResult run(PointSearch& search, const Bowl& bowl, std::size_t n_coefficients = 0) {
  Numbers gradient(bowl.c.size());
  while (!search.done()) {
    if (search.wants_hessian()) {
      const auto chosen = search.hessian_coefficients();
      search.add_hessian(
          bowl.hessian(search.best(), chosen.value_or(std::vector<std::size_t>{}), chosen ? n_coefficients : 0));
      continue;
    }
    if (const auto v = search.wanted_product(); !v.empty()) {
      search.add_product(bowl.product(search.best(), v));
      continue;
    }
    const double value = bowl.value(search.point(), gradient);
    search.add(value, gradient);
  }
  return search.take_result();
}

const LbfgsOptions tight = {.max_iter = 500, .gradient_tolerance = 1e-10};

TEST(NewtonCgSearch, FindsTheMinimumOfWhatIsNoQuadratic) {
  NewtonCgSearch search({5, -3, 0.5}, tight);
  const LbfgsResult result = run(search, {{1, 100, 0.01}, {1, 2, 3}, 0.1});
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_LT(result.iterations, 30u);
  EXPECT_NEAR(result.x[0], 1, 1e-6);
  EXPECT_NEAR(result.x[1], 2, 1e-6);
  EXPECT_NEAR(result.x[2], 3, 1e-4);
}

TEST(NewtonCgSearch, StepsDownWhereThereIsNoCurvature) {
  NewtonCgSearch search({5, 2}, {.max_iter = 1});
  Numbers gradient = {1, 0};
  search.add(5, gradient);
  search.add_product(Numbers{0, 0});
  EXPECT_TRUE(search.wanted_product().empty());
  EXPECT_LT(search.point()[0], 5);
  EXPECT_EQ(search.point()[1], 2);
}

TEST(NewtonSearch, NeedsOneStepForAQuadratic) {
  NewtonSearch search({5, -3}, {}, 0, {.gradient_tolerance = 1e-3});
  const LbfgsResult result = run(search, {{1e-3, 1e6}, {1, 2}});
  EXPECT_EQ(result.iterations, 1u);
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_NEAR(result.x[0], 1, 1e-6);
  EXPECT_NEAR(result.x[1], 2, 1e-8);
}

TEST(NewtonSearch, ConvergesFromFarAway) {
  NewtonSearch search({100, -100}, {}, 0, tight);
  const LbfgsResult result = run(search, {{1, 2}, {1, 2}, 0.5});
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_NEAR(result.x[0], 1, 1e-9);
  EXPECT_LT(result.iterations, 30u);
}

/// From {0, 0, 7} with l1 = 2 and the units {1, 0.5}.
template <class Search>
void expect_shrinking(Search& search) {
  // c (x - t) + l1 unit sign(x) = 0: x = 3 - 2 / 4, and the second stays at zero, where 1 * 0.5 < 2 * 0.5.
  const LbfgsResult result = run(search, {{4, 1, 2}, {3, 0.5, -1}}, 2);
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_NEAR(result.x[0], 2.5, 1e-10);
  EXPECT_EQ(result.x[1], 0);
  EXPECT_NEAR(result.x[2], -1, 1e-10);
  EXPECT_NEAR(result.objective, 2 * 0.25 + 0.125 + 2 * 2.5, 1e-10);
}

TEST(NewtonSearch, ShrinksByAnL1PenaltyInItsUnits) {
  NewtonSearch search({0, 0, 7}, {.l1 = 2, .units = {1, 0.5}}, 1, tight);
  expect_shrinking(search);
}

TEST(NewtonSearch, LeavesAZeroAtAnL1OptimumAlone) {
  NewtonSearch search({0}, {.l1 = 5, .units = {1}}, 0, tight);
  const LbfgsResult result = run(search, {{1}, {4}}, 1);
  EXPECT_EQ(result.iterations, 0u);
  EXPECT_EQ(result.x, Numbers{0});
  EXPECT_EQ(result.gradient_max, 0);
}

TEST(NewtonSearch, AsksForTheCurvatureOfWhatMayLeaveZero) {
  NewtonSearch search({0, 0, 0.5, 0}, {.l1 = 1, .units = {1, 1, 1, 1}}, 0, tight);
  search.add(0, Numbers{-2, 0.1, 0, 0.9});
  EXPECT_EQ(search.hessian_coefficients(), (std::vector<std::size_t>{0, 2, 3}));
}

TEST(NewtonSearch, ModelsOneCoefficientWhereOnlyTheInterceptMoves) {
  NewtonSearch search({0, 0, 3}, {.l1 = 10, .units = {1, 1}}, 1, tight);
  const LbfgsResult result = run(search, {{1, 1, 2}, {0.5, 1, -1}}, 2);
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_EQ(result.x[0], 0);
  EXPECT_EQ(result.x[1], 0);
  EXPECT_NEAR(result.x[2], -1, 1e-10);
}

TEST(GradientDescent, FindsTheMinimum) {
  GradientDescent search({5, -3}, tight);
  const LbfgsResult result = run(search, {{1, 10}, {1, 2}});
  EXPECT_EQ(result.stopped_by, LbfgsStop::gradient);
  EXPECT_NEAR(result.x[0], 1, 1e-9);
  EXPECT_NEAR(result.x[1], 2, 1e-9);
}

TEST(DescentSearch, StopsAtMaxIter) {
  GradientDescent search({5, -3}, {.max_iter = 3, .gradient_tolerance = 1e-10});
  const LbfgsResult result = run(search, {{1, 1000}, {1, 2}});
  EXPECT_EQ(result.iterations, 3u);
  EXPECT_EQ(result.stopped_by, LbfgsStop::max_iter);
}

TEST(DescentSearch, RefusesAStartThatIsNotFinite) {
  GradientDescent search({1}, tight);
  search.add(std::numeric_limits<double>::infinity(), Numbers{1});
  EXPECT_TRUE(search.done());
  EXPECT_EQ(search.take_result().stopped_by, LbfgsStop::not_finite);
}

}  // namespace
}  // namespace thrum
