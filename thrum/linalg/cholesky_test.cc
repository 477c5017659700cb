#include "thrum/linalg/cholesky.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

/// M M^T + n I, whose upper triangle holds NaN: nothing may read it.
template <class T>
Matrix<T> positive_definite(std::size_t n) {
  const auto M = Matrix<T>::random(n, n, 1);
  const Matrix<double> product = naive_product(M, false, M, true);
  Matrix<T> A(n, n, 3, std::numeric_limits<T>::quiet_NaN());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) A(i, j) = static_cast<T>(product(i, j));
    A(i, i) = static_cast<T>(product(i, i) + static_cast<double>(n));
  }
  return A;
}

template <class T>
class Cholesky : public testing::Test {
 protected:
  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Cholesky, Types);

TYPED_TEST(Cholesky, FactorsAPositiveDefiniteMatrix) {
  for (const std::size_t n : {1, 2, 33, 256, 257, 600}) {
    const auto A = positive_definite<TypeParam>(n);
    auto L = A;
    ASSERT_EQ(cholesky_factor(this->arena, L.view()), std::nullopt) << n;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        ASSERT_TRUE(std::isnan(L(i, j)));
        L(i, j) = 0;
      }
    }
    const Matrix<double> product = naive_product(L, false, L, true);
    const double tolerance = product_tolerance<TypeParam>(n) * static_cast<double>(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) ASSERT_NEAR(product(i, j), A(i, j), tolerance) << i << ", " << j;
    }
  }
}

TYPED_TEST(Cholesky, SolvesForSeveralRightHandSides) {
  for (const std::size_t n : {1, 5, 300}) {
    for (const std::size_t n_rhs : {0, 1, 3, 150}) {
      auto L = positive_definite<TypeParam>(n);
      auto A = L;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) A(i, j) = A(j, i);
      }
      ASSERT_EQ(cholesky_factor(this->arena, L.view()), std::nullopt);
      const auto B = Matrix<TypeParam>::random(n, n_rhs, 7, 2);
      auto X = B;
      cholesky_solve(this->arena, L.cview(), X.view());
      const Matrix<double> product = naive_product(A, false, X, false);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n_rhs; ++j) {
          ASSERT_NEAR(product(i, j), B(i, j), 4 * product_tolerance<TypeParam>(n)) << n << ": " << i << ", " << j;
        }
      }
    }
  }
}

TYPED_TEST(Cholesky, NamesThePivotThatIsNotPositive) {
  for (const std::size_t pivot : {0, 3, 255, 256, 400}) {
    auto A = positive_definite<TypeParam>(500);
    A(pivot, pivot) = -1;
    EXPECT_EQ(cholesky_factor(this->arena, A.view()), pivot);
  }
}

TYPED_TEST(Cholesky, NamesThePivotThatNaNOrInfinityReaches) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    auto A = positive_definite<TypeParam>(300);
    A(290, 7) = static_cast<TypeParam>(bad);
    EXPECT_EQ(cholesky_factor(this->arena, A.view()), 290);
    auto B = positive_definite<TypeParam>(10);
    B(4, 4) = static_cast<TypeParam>(bad);
    EXPECT_EQ(cholesky_factor(this->arena, B.view()), 4);
  }
}

TYPED_TEST(Cholesky, HasTheSameBitsForAnyNumberOfThreads) {
  const auto A = positive_definite<TypeParam>(700);
  const auto B = Matrix<TypeParam>::random(700, 200, 2);
  const auto solve = [&](int threads) {
    Arena team(threads);
    auto L = A;
    auto X = B;
    EXPECT_EQ(cholesky_factor(team, L.view()), std::nullopt);
    cholesky_solve(team, L.cview(), X.view());
    return X.data;
  };
  for (const int threads : {2, 5}) EXPECT_EQ(solve(threads), solve(1)) << threads;
}

TYPED_TEST(Cholesky, SaysWhichShapesDoNotFit) {
  Matrix<TypeParam> A(3, 4), L(3, 3);
  EXPECT_EQ(refusal([&] { static_cast<void>(cholesky_factor(this->arena, A.view())); }),
            "[cholesky_factor] A is (3, 4), expected it square");
  EXPECT_EQ(refusal([&] { cholesky_solve(this->arena, A.cview(), L.view()); }),
            "[cholesky_solve] L is (3, 4), expected it square");
  Matrix<TypeParam> B(2, 5);
  EXPECT_EQ(refusal([&] { cholesky_solve(this->arena, L.cview(), B.view()); }),
            "[cholesky_solve] L is (3, 3), B is (2, 5): the numbers of rows differ");
}

}  // namespace
}  // namespace thrum::linalg
