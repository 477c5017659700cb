#include "thrum/data/two_values_internal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "thrum/core/random.h"

namespace thrum {
namespace {

TEST(TwoValues, TellsWhichRowsHoldTheHigherOne) {
  const Random random(5);
  for (const std::size_t n : {2U, 63U, 64U, 65U, 200U, 1000U}) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = random.below(i, 3) == 0 ? -2 : 7;
    values[0] = 7;
    values[n - 1] = -2;
    const auto found = find_two_values(values);
    ASSERT_TRUE(found) << n;
    EXPECT_EQ(found->low, -2);
    EXPECT_EQ(found->high, 7);
    std::size_t n_high = 0;
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(found->is_high[i / 64] >> i % 64 & 1, values[i] == 7 ? 1U : 0U);
      n_high += values[i] == 7 ? 1U : 0U;
    }
    EXPECT_EQ(found->n_high, n_high);
  }
}

TEST(TwoValues, TakesZerosOfBothSignsForOne) {
  const auto found = find_two_values(std::vector<double>{-0.0, 0.0, 1.0, -0.0});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->low, 0);
  EXPECT_FALSE(std::signbit(found->low));
  EXPECT_EQ(found->is_high[0], 4U);
}

TEST(TwoValues, AreNotOneNorThreeNorMissing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(find_two_values({}));
  EXPECT_FALSE(find_two_values(std::vector<double>{3, 3, 3}));
  for (const std::size_t at : {1U, 30U, 64U, 99U}) {
    for (const double third : {5.0, nan}) {
      std::vector<double> values(100, 1);
      values[2] = 2;
      values[at] = third;
      EXPECT_FALSE(find_two_values(values)) << at;
    }
  }
  EXPECT_FALSE(find_two_values(std::vector<double>{nan, 1, 1}));
}

}  // namespace
}  // namespace thrum
