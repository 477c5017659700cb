#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/random.h"
#include "thrum/data/sort_doubles_internal.h"

namespace thrum {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

void expect_sorted_like_std(std::vector<double> values) {
  std::vector<double> expected = values;
  std::ranges::sort(expected);
  sort_doubles(values);
  EXPECT_EQ(values, expected);
}

TEST(SortDoubles, AgreesWithAComparisonSort) {
  const Random random(1);
  for (const std::size_t n : {0, 1, 2, 2047, 2048, 10'000}) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = random.normal(i) * std::pow(10, 300 * (random.uniform(i) - 0.5));
    expect_sorted_like_std(values);
  }
}

TEST(SortDoubles, OrdersTheEndsOfTheScale) {
  std::vector<double> values(5000, 0.5F);
  const double ends[] = {inf, -inf, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308};
  std::ranges::copy(ends, values.begin());
  sort_doubles(values);
  EXPECT_TRUE(std::ranges::is_sorted(values));
  EXPECT_EQ(values.front(), -inf);
  EXPECT_EQ(values.back(), inf);
  EXPECT_TRUE(std::signbit(values[3]) && values[3] == 0 && !std::signbit(values[4]));
}

}  // namespace
}  // namespace thrum
