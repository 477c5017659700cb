#include "thrum/runtime/advice/scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<ScalingPoint> points_of(const ScalingLaw& law, const std::vector<int>& workers) {
  std::vector<ScalingPoint> points;
  for (const int n : workers) points.push_back({n, 10 / law.speed_up(n), law.speed_up(n)});
  return points;
}

TEST(FitScaling, RecoversBothConstantsOfTheUniversalLaw) {
  const ScalingLaw law{.sigma = 0.05, .kappa = 0.002};
  const ScalingCurve curve = fit_scaling(points_of(law, {1, 2, 4, 8, 16, 32}));
  EXPECT_NEAR(curve.universal.sigma, law.sigma, 1e-9);
  EXPECT_NEAR(curve.universal.kappa, law.kappa, 1e-9);
}

TEST(FitScaling, RecoversAmdahlsSerialShare) {
  const ScalingCurve curve = fit_scaling(points_of({.sigma = 0.1}, {1, 2, 3, 4, 6, 8}));
  EXPECT_NEAR(curve.serial_share(), 0.1, 1e-9);
  EXPECT_NEAR(curve.universal.sigma, 0.1, 1e-9);
  EXPECT_NEAR(curve.universal.kappa, 0, 1e-9);
  EXPECT_NEAR(curve.amdahl.speed_up(8), 8 / 1.7, 1e-9);
}

TEST(FitScaling, KeepsConstantsAboveZero) {
  // Faster than the number of workers, as with caches that fit only a part.
  const ScalingCurve faster = fit_scaling({{1, 1, 1}, {2, 0.45, 2.2}, {4, 0.2, 5}});
  EXPECT_EQ(faster.serial_share(), 0);
  EXPECT_GE(faster.universal.sigma, 0);
  EXPECT_GE(faster.universal.kappa, 0);
  // Only pairs cost: the free fit has a negative sigma.
  const ScalingCurve pairs = fit_scaling(points_of({.sigma = -0.01, .kappa = 0.01}, {1, 2, 4, 8}));
  EXPECT_EQ(pairs.universal.sigma, 0);
  EXPECT_GT(pairs.universal.kappa, 0);
}

TEST(FitScaling, FitsAmdahlAloneToOnePointBeyondTheFirst) {
  const ScalingCurve curve = fit_scaling({{1, 1, 1}, {2, 0.6, 1 / 0.6}});
  EXPECT_NEAR(curve.serial_share(), 0.2, 1e-9);
  EXPECT_NEAR(curve.universal.sigma, 0.2, 1e-9);
  EXPECT_EQ(curve.universal.kappa, 0);
  EXPECT_EQ(fit_scaling({{1, 1, 1}}).serial_share(), 0);
}

TEST(FitScaling, RecommendsWorkersAsLongAsTheyPay) {
  EXPECT_EQ(fit_scaling({{1, 1, 1}, {2, 0, 1.9}, {4, 0, 3.4}, {8, 0, 3.6}}).recommended_workers, 4);
  EXPECT_EQ(fit_scaling({{1, 1, 1}, {2, 0, 1.05}, {4, 0, 1.1}}).recommended_workers, 1);
  EXPECT_EQ(fit_scaling({{1, 1, 1}, {2, 0, 2}, {3, 0, 2}, {4, 0, 3.9}}).recommended_workers, 4);
  EXPECT_EQ(fit_scaling({{1, 1, 1}, {2, 0, 1.8}, {4, 0, 1.2}}).recommended_workers, 2);
}

TEST(MeasureScaling, TimesEachNumberOfWorkersInTurn) {
  std::vector<int> runs;
  const ScalingCurve curve =
      measure_scaling([&](int workers) { runs.push_back(workers); }, {.workers_up_to = 10, .repeats = 2});
  EXPECT_THAT(runs, ElementsAre(10, 1, 2, 3, 4, 6, 8, 10, 1, 2, 3, 4, 6, 8, 10));
  EXPECT_EQ(curve.points.size(), 7u);
  EXPECT_EQ(curve.points.front().speed_up, 1);
}

TEST(MeasureScaling, OfOneWorkerIsOnePoint) {
  const ScalingCurve curve = measure_scaling([](int) {}, {.workers_up_to = 1, .repeats = 1});
  EXPECT_EQ(curve.points.size(), 1u);
  EXPECT_EQ(curve.recommended_workers, 1);
}

std::string refusal(const ScalingOptions& options, ErrorCode code = ErrorCode::invalid_argument) {
  return test::refusal([&] { measure_scaling([](int) {}, options); }, code);
}

TEST(MeasureScaling, RefusesWhatIsOutOfRangeAndStops) {
  EXPECT_EQ(refusal({.workers_up_to = 1025}), "[measure_scaling] expected 1 to 1024 workers, got 1025");
  EXPECT_EQ(refusal({.workers_up_to = -1}), "[measure_scaling] expected 1 to 1024 workers, got -1");
  EXPECT_EQ(refusal({.repeats = 0}), "[measure_scaling] expected at least one repeat, got 0");
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(refusal({.workers_up_to = 2, .stop = source.get_token()}, ErrorCode::cancelled),
            "[measure_scaling] stopped");
}

TEST(ScalingSvg, ShowsPointsLawsAndLabels) {
  const ScalingCurve curve = fit_scaling(points_of({.sigma = 0.05, .kappa = 0.002}, {1, 2, 4, 8}));
  const std::string svg = scaling_svg(curve, "mean < matmul & co");
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  EXPECT_THAT(svg, HasSubstr(">mean &lt; matmul &amp; co</text>"));
  EXPECT_THAT(svg, HasSubstr(">workers</text>"));
  EXPECT_THAT(svg, HasSubstr(">speed-up</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>8 workers: 5.47</title>"));
  EXPECT_THAT(svg, HasSubstr("universal law, sigma 0.050, kappa 0.0020"));
  std::size_t circles = 0;
  for (std::size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1)) ++circles;
  EXPECT_EQ(circles, 4u);
}

}  // namespace
}  // namespace thrum
