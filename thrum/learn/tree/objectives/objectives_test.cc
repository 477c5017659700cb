#include "thrum/learn/tree/objectives/objectives_internal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

struct Case {
  const char* name;
  std::shared_ptr<const Objective> objective;
  std::vector<double> y;
  double curvature = 1;  ///< h over the second derivative
};

std::vector<Case> smooth() {
  return {{"SquaredError", squared_error(), {-3, 0, 2.5}},  {"BinaryLogLoss", binary_log_loss(), {0, 1}},
          {"Softmax", softmax_log_loss(3), {0, 1, 2}, 1.5}, {"Poisson", poisson_deviance(), {0, 1, 7}, std::exp(0.7)},
          {"Gamma", gamma_deviance(), {0.1, 1, 7}},         {"Tweedie", tweedie_deviance(1.4), {0, 1, 7}},
          {"Huber", huber_error(5), {-3, 0, 2.5}}};
}

class SmoothObjective : public testing::TestWithParam<Case> {};

TEST_P(SmoothObjective, HasTheDerivativesOfItsLoss) {
  const Objective& objective = *GetParam().objective;
  const std::size_t n_margins = objective.n_margins();
  for (const double y : GetParam().y) {
    for (const double z0 : {-1.3, 0.2, 0.9}) {
      std::vector<double> z(n_margins);
      for (std::size_t k = 0; k < n_margins; ++k) z[k] = z0 * static_cast<double>(k + 1) / 2;
      const double weight = 1.75;
      const auto loss = [&](std::size_t k, double step) {
        std::vector<double> moved = z;
        moved[k] += step;
        return objective.loss({.y = {&y, 1}, .weights = {&weight, 1}, .margins = {moved.data(), n_margins, 1}});
      };
      std::vector<float> g(n_margins);
      std::vector<float> h(n_margins);
      objective.gradients({.y = {&y, 1}, .weights = {&weight, 1}, .margins = {z.data(), n_margins, 1}},
                          {g.data(), n_margins, 1}, {h.data(), n_margins, 1});
      for (std::size_t k = 0; k < n_margins; ++k) {
        const double e = 1e-4;
        const double slope = (loss(k, e) - loss(k, -e)) / (2 * e);
        const double curvature = (loss(k, e) - 2 * loss(k, 0) + loss(k, -e)) / (e * e);
        EXPECT_NEAR(static_cast<double>(g[k]), slope, 1e-5 * (1 + std::abs(slope)));
        EXPECT_NEAR(static_cast<double>(h[k]), GetParam().curvature * curvature, 1e-4 * (1 + std::abs(curvature)));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SmoothObjective, testing::ValuesIn(smooth()),
                         [](const auto& test) { return test.param.name; });

TEST(BinaryLogLoss, HasTheSameGradientsForRowsInBlocksOfAnyLength) {
  const std::size_t n = 700;
  std::vector<double> z(n), y(n), w(n);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = 6 * Random(1).uniform(i) - 3;
    y[i] = i % 2 == 0 ? 1 : 0;
    w[i] = 1 + static_cast<double>(i % 3);
  }
  z[5] = 1e4;
  z[6] = -1e4;
  std::vector<float> g(n), h(n);
  const auto objective = binary_log_loss();
  objective->gradients({.y = y, .weights = w, .margins = {z.data(), 1, n}}, {g.data(), 1, n}, {h.data(), 1, n});
  for (std::size_t i = 0; i < n; ++i) {
    const double p = 1 / (1 + std::exp(-z[i]));
    EXPECT_NEAR(static_cast<double>(g[i]), w[i] * (p - y[i]), 1e-6);
    EXPECT_NEAR(static_cast<double>(h[i]), w[i] * p * (1 - p), 1e-6);
    EXPECT_GE(h[i], 0);
    float gi = 0;
    float hi = 0;
    objective->gradients({.y = {&y[i], 1}, .weights = {&w[i], 1}, .margins = {&z[i], 1, 1}}, {&gi, 1, 1}, {&hi, 1, 1});
    EXPECT_EQ(gi, g[i]);
    EXPECT_EQ(hi, h[i]);
  }
}

TEST(QuantileError, SlopesUpAndDownByItsLevel) {
  const auto objective = quantile_error(0.9);
  const std::vector<double> y = {1, 0, 0};
  const std::vector<double> z = {0, 0, 1};
  std::vector<float> g(3), h(3);
  objective->gradients({.y = y, .weights = {}, .margins = {z.data(), 1, 3}}, {g.data(), 1, 3}, {h.data(), 1, 3});
  EXPECT_FLOAT_EQ(g[0], -0.9f);
  EXPECT_FLOAT_EQ(g[1], 0);
  EXPECT_FLOAT_EQ(g[2], 0.1f);
  EXPECT_NEAR(objective->loss({.y = y, .weights = {}, .margins = {z.data(), 1, 3}}), 0.9 + 0.1, 1e-12);
  EXPECT_NEAR(absolute_error()->loss({.y = y, .weights = {}, .margins = {z.data(), 1, 3}}), 2, 1e-12);
}

TEST(Objectives, ThatDoNotFitTheTargetAreRefused) {
  GbdtOptions options;
  options.objective = "poisson";
  const Target classes{.name = "income", .task = Task::classification, .classes = {"a", "b"}};
  EXPECT_EQ(test::refusal([&] { make_objective(options, classes); }),
            "[gbdt] objective poisson expects numbers, \"income\" holds classes; use objective=auto");
  options.objective = "log_loss";
  const Target numbers{.name = "price", .task = Task::regression, .classes = {}};
  EXPECT_EQ(test::refusal([&] { make_objective(options, numbers); }),
            "[gbdt] objective log_loss expects classes, \"price\" holds numbers; use objective=auto");
}

}  // namespace
}  // namespace thrum
