#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/cholesky_internal.h"

namespace thrum {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// M M^T + n I, whose upper triangle holds NaN: nothing may read it.
std::vector<double> positive_definite(std::size_t n) {
  const Random random(5);
  std::vector<double> A(n * n, nan);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      A[i * n + j] = i == j ? static_cast<double>(n) : 0;
      for (std::size_t k = 0; k < n; ++k) A[i * n + j] += random.normal(i * n + k) * random.normal(j * n + k);
    }
  }
  return A;
}

TEST(SmallCholesky, SolvesWhatItFactored) {
  for (const std::size_t n : {1, 2, 7, 8, 9, 64, 257}) {
    const std::vector<double> A = positive_definite(n);
    std::vector<double> L = A;
    ASSERT_TRUE(factor_cholesky(L, n)) << n;
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = Random(6).normal(i);
    std::vector<double> b(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) b[i] += (j <= i ? A[i * n + j] : A[j * n + i]) * x[j];
    }
    solve_cholesky(L, b);
    for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(b[i], x[i], 1e-11) << n << ": " << i;
  }
}

TEST(SmallCholesky, FactorsByHand) {
  std::vector<double> A = {4, nan, 2, 10};
  ASSERT_TRUE(factor_cholesky(A, 2));
  EXPECT_EQ(A[0], 2);
  EXPECT_EQ(A[2], 1);
  EXPECT_EQ(A[3], 3);
}

TEST(SmallCholesky, RefusesPivotsThatAreNotPositiveNumbers) {
  for (const double bad : {0.0, -1.0, nan, HUGE_VAL}) {
    std::vector<double> A = positive_definite(20);
    A[12 * 20 + 12] = bad;
    EXPECT_FALSE(factor_cholesky(A, 20)) << bad;
  }
}

}  // namespace
}  // namespace thrum
