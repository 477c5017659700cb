#include "thrum/comm/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "thrum/core/random.h"

namespace thrum {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tiny = std::numeric_limits<double>::denorm_min();
constexpr double huge = std::numeric_limits<double>::max();

double sum(const std::vector<double>& values) {
  ExactSum total;
  for (const double x : values) total.add(x);
  return total.value();
}

TEST(ExactSum, OfNothingIsZero) {
  EXPECT_EQ(sum({}), 0.0);
  EXPECT_FALSE(std::signbit(sum({-0.0})));
}

TEST(ExactSum, OfOneNumberIsTheNumber) {
  const Random random(1);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto words = random.bits(i);
    const double x = std::bit_cast<double>(std::uint64_t{words[0]} << 32 | words[1]);
    ASSERT_TRUE(sum({x}) == x || !std::isfinite(x)) << x;
  }
  for (const double x : {tiny, -tiny, huge, -huge, 0x1p-1022, 1.0, -1.0, 3 * tiny}) EXPECT_EQ(sum({x}), x);
}

TEST(ExactSum, CancelsExactly) {
  EXPECT_EQ(sum({1e20, 1.0, -1e20}), 1.0);
  EXPECT_EQ(sum({1e20, -1.0, -1e20}), -1.0);
  EXPECT_EQ(sum({1.0, -5 * 0x1p-80, -1.0}), -5 * 0x1p-80);
  EXPECT_EQ(sum({huge, huge, -huge}), huge);
  EXPECT_EQ(sum({huge, -huge}), 0.0);
}

TEST(ExactSum, KeepsAtLeastEightyBitsBelowTheLargest) {
  for (int exponent = -900; exponent < 1000; exponent += 7) {
    const double large = std::ldexp(1.0, exponent), small = std::ldexp(1.0, exponent - 80);
    EXPECT_EQ(sum({large, small, -large}), small) << exponent;
  }
}

TEST(ExactSum, OverflowsOnlyAtTheEnd) {
  EXPECT_EQ(sum({huge, huge}), infinity);
  EXPECT_EQ(sum({-huge, -huge}), -infinity);
}

TEST(ExactSum, IsNanAfterANonFiniteSummand) {
  for (const double x : {infinity, -infinity, std::nan("")}) {
    EXPECT_TRUE(std::isnan(sum({1.0, x, 2.0})));
    EXPECT_TRUE(std::isnan(sum({infinity, x})));
  }
}

/// Numbers of both signs whose magnitudes span 600 binary places.
std::vector<double> wild_numbers(std::size_t n) {
  const Random random(7);
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = std::ldexp(random.normal(2 * i), static_cast<int>(random.below(2 * i + 1, 600)) - 300);
  }
  return values;
}

TEST(ExactSum, DoesNotDependOnTheOrder) {
  std::vector<double> values = wild_numbers(1000);
  const double expected = sum(values);
  const Random random(3);
  for (std::uint64_t shuffle = 0; shuffle < 50; ++shuffle) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[random.below(shuffle * 1000 + i, i)]);
    }
    ASSERT_EQ(sum(values), expected);
  }
  std::ranges::sort(values);
  EXPECT_EQ(sum(values), expected);
  std::ranges::reverse(values);
  EXPECT_EQ(sum(values), expected);
}

TEST(ExactSum, EqualsALongDoubleSum) {
  const Random random(11);
  long double expected = 0;
  std::vector<double> values(10'000);
  for (std::size_t i = 0; i < values.size(); ++i) expected += values[i] = random.normal(i);
  EXPECT_NEAR(sum(values), static_cast<double>(expected), 1e-15 * 10'000);
  EXPECT_NEAR(sum(values), static_cast<double>(expected), 1e-15 * std::abs(static_cast<double>(expected)) + 1e-15);
}

TEST(ExactSum, MergesAsIntegersOnceRaisedToOneTop) {
  const std::vector<double> values = wild_numbers(999);
  ExactSum parts[3], whole;
  for (std::size_t i = 0; i < values.size(); ++i) {
    parts[i % 3].add(values[i]);
    whole.add(values[i]);
  }
  const auto top = std::max({parts[0].top(), parts[1].top(), parts[2].top()});
  for (ExactSum& part : parts) part.raise(top);
  for (int r = 1; r < 3; ++r) {
    for (int i = 0; i < ExactSum::n_limbs; ++i) parts[0].limbs()[i] += parts[r].limbs()[i];
  }
  EXPECT_EQ(parts[0].value(), whole.value());
}

}  // namespace
}  // namespace thrum
