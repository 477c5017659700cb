#include "thrum/learn/tree/gradient_grid_internal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace thrum {
namespace {

std::vector<RowGradient> rounded(const GradientRounding& rounding, const std::vector<float>& g,
                                 const std::vector<float>& h) {
  std::vector<RowGradient> out(g.size());
  round_gradients(rounding, g, h, out);
  return out;
}

TEST(GradientGrid, LeavesRoomForTheSumOfAllRows) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{65536}, std::size_t{65537}, std::size_t{1000000},
                              std::size_t{100000007}, GradientGrid::max_rows}) {
    const std::int64_t limit = GradientGrid::limit(n);
    EXPECT_GE(limit, 2);
    EXPECT_LE(limit, 32767);
    EXPECT_LE(limit * static_cast<std::int64_t>(n), std::numeric_limits<std::int32_t>::max());
  }
}

TEST(GradientGrid, RoundsTheLargestNumbersWithinTheLimit) {
  const std::size_t n_rows = 1000000;
  const std::int32_t limit = GradientGrid::limit(n_rows);
  for (const float largest : {1.0f, 0.99999994f, 1.7e-30f, 3.1e30f, 0.25f}) {
    const auto grid = GradientGrid::of(static_cast<double>(largest), static_cast<double>(largest), n_rows);
    const std::vector<float> up(3000, largest);
    const std::vector<float> down(3000, -largest);
    for (const RowGradient row : rounded({grid, 5, 0}, up, up)) {
      EXPECT_LE(gradient_of(widen(row)), limit);
      EXPECT_GE(gradient_of(widen(row)), limit / 2 - 1);
      EXPECT_LE(hessian_of(widen(row)), limit);
    }
    for (const RowGradient row : rounded({grid, 5, 0}, down, up)) EXPECT_GE(gradient_of(widen(row)), -limit);
  }
}

TEST(GradientGrid, KeepsBothHalvesApartAtTheBounds) {
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  for (const std::int32_t g : {-most, -1, 0, 1, most}) {
    for (const std::int32_t h : {0, 1, most}) {
      const GradientSum sum = (static_cast<GradientSum>(g) << 32) + h;
      EXPECT_EQ(gradient_of(sum), g);
      EXPECT_EQ(hessian_of(sum), h);
    }
  }
  EXPECT_EQ(gradient_of(widen((-32767 << 16) + 32767)), -32767);
  EXPECT_EQ(hessian_of(widen((-32767 << 16) + 32767)), 32767);
}

TEST(GradientGrid, RoundsToANeighbourAndToTheRightMean) {
  const std::size_t n = 40000;
  const std::vector<float> g(n, -2.3f);
  const std::vector<float> h(n, 5.75f);
  double sum_g = 0;
  double sum_h = 0;
  for (const RowGradient row : rounded({{.g_unit = 1, .h_unit = 1}, 9, 0}, g, h)) {
    const std::int32_t rg = gradient_of(widen(row));
    const std::int32_t rh = hessian_of(widen(row));
    EXPECT_TRUE(rg == -3 || rg == -2);
    EXPECT_TRUE(rh == 5 || rh == 6);
    sum_g += rg;
    sum_h += rh;
  }
  EXPECT_NEAR(sum_g / static_cast<double>(n), -2.3, 0.01);
  EXPECT_NEAR(sum_h / static_cast<double>(n), 5.75, 0.01);
}

TEST(GradientGrid, KeepsMultiplesOfTheUnit) {
  const std::vector<float> g = {-1.5f, 0.0f, 0.25f, -0.0f};
  const std::vector<float> h = {1.0f, 0.0f, 0.5f, 2.0f};
  const auto rows = rounded({{.g_unit = 0.25, .h_unit = 0.5}, 1, 7}, g, h);
  EXPECT_EQ(rows, (std::vector<RowGradient>{-6 * 65536 + 2, 0, 65536 + 1, 4}));
}

TEST(GradientGrid, RoundsARowTheSameWhereverItLies) {
  const std::size_t n = 5000;
  std::vector<float> g(n);
  std::vector<float> h(n);
  for (std::size_t i = 0; i < n; ++i) {
    g[i] = std::sin(static_cast<float>(i));
    h[i] = std::abs(std::cos(static_cast<float>(i)));
  }
  const GradientGrid grid = GradientGrid::of(1, 1, 100);
  for (const std::size_t first : {std::size_t{0}, (std::size_t{1} << 32) - 100}) {
    const auto whole = rounded({grid, 3, first}, g, h);
    for (const std::size_t cut : {1, 17, 2048, 4999}) {
      std::vector<RowGradient> parts(n);
      round_gradients({grid, 3, first}, std::span(g).first(cut), std::span(h).first(cut), std::span(parts).first(cut));
      round_gradients({grid, 3, first + cut}, std::span(g).subspan(cut), std::span(h).subspan(cut),
                      std::span(parts).subspan(cut));
      EXPECT_EQ(parts, whole);
    }
    EXPECT_NE(rounded({grid, 4, first}, g, h), whole);
  }
}

TEST(GradientGrid, HoldsNumbersBeyondItsEndWithinIt) {
  const std::size_t n_rows = 1000000;
  const std::int32_t limit = GradientGrid::limit(n_rows);
  const auto grid = GradientGrid::of(1, 1, n_rows);
  const std::vector<float> g = {1e30f, -1e30f, 3};
  const std::vector<float> h = {1e30f, 1e30f, 3};
  for (const RowGradient row : rounded({grid, 1, 0}, g, h)) {
    EXPECT_LE(std::abs(gradient_of(widen(row))), limit);
    EXPECT_EQ(hessian_of(widen(row)), limit - 1);
  }
}

TEST(GradientGrid, MeasuresSumsAndMaxima) {
  std::vector<float> g;
  std::vector<float> h;
  for (std::size_t i = 0; i < 37; ++i) {
    g.push_back(static_cast<float>(i) - 30);
    h.push_back(static_cast<float>(i));
  }
  const GradientExtent extent = measure_gradients(g, h);
  EXPECT_EQ(extent.max_g, 30);
  EXPECT_EQ(extent.max_h, 36);
  EXPECT_EQ(extent.sum_h, 36 * 37 / 2);
  EXPECT_EQ(extent.sum_of_squares, 30 * 31 * 61 / 6 + 6 * 7 * 13 / 6);
  g[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(measure_gradients(g, h).sum_of_squares));
}

TEST(GradientGrid, TakesNothingButZeros) {
  const GradientGrid grid = GradientGrid::of(0, 0, 10);
  const std::vector<float> zeros(3, 0.0f);
  EXPECT_EQ(rounded({grid, 1, 0}, zeros, zeros), (std::vector<RowGradient>{0, 0, 0}));
}

}  // namespace
}  // namespace thrum
