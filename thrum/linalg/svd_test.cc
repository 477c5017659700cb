#include "thrum/linalg/svd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
struct Factors {
  explicit Factors(const Matrix<T>& A) : k(std::min(A.rows, A.cols)), U(A.rows, k, 2), s(k), Vt(k, A.cols, 1) {}
  std::size_t k;
  Matrix<T> U;
  std::vector<T> s;
  Matrix<T> Vt;
};

template <class T>
Factors<T> decompose(Arena& arena, const Matrix<T>& A) {
  Factors<T> factors(A);
  svd(arena, A.cview(), factors.U.view(), std::span<T>(factors.s), factors.Vt.view());
  return factors;
}

template <class T>
void expect_identity(const Matrix<double>& product, double tolerance) {
  for (std::size_t i = 0; i < product.rows; ++i) {
    for (std::size_t j = 0; j < product.cols; ++j) ASSERT_NEAR(product(i, j), i == j ? 1 : 0, tolerance);
  }
}

template <class T>
class Svd : public testing::Test {
 protected:
  static constexpr double tolerance = 60 * static_cast<double>(std::numeric_limits<T>::epsilon());
  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Svd, Types);

TYPED_TEST(Svd, GivesFactorsWhoseProductIsTheMatrix) {
  for (const auto& [m, n] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {5, 5}, {50, 7}, {7, 50}, {9000, 20}, {20, 9000}}) {
    SCOPED_TRACE(testing::Message() << m << ", " << n);
    const auto A = Matrix<TypeParam>::random(m, n, 3, 2);
    auto [k, U, s, Vt] = decompose(this->arena, A);
    expect_identity<TypeParam>(naive_product(U, true, U, false), this->tolerance);
    expect_identity<TypeParam>(naive_product(Vt, false, Vt, true), this->tolerance);
    EXPECT_TRUE(std::ranges::is_sorted(s, std::greater<>()));
    EXPECT_GE(s.back(), 0);
    for (std::size_t i = 0; i < k; ++i) {
      const auto row = Vt.view().row(i);
      EXPECT_GT(*std::ranges::max_element(row, {}, [](auto x) { return std::abs(x); }), 0);
      for (std::size_t j = 0; j < m; ++j) U(j, i) *= s[i];
    }
    const Matrix<double> product = naive_product(U, false, Vt, false);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) ASSERT_NEAR(product(i, j), A(i, j), this->tolerance * s[0]);
    }
  }
}

TYPED_TEST(Svd, FindsSingularValuesByHand) {
  Matrix<TypeParam> A(3, 2);  // of rank one: (1, 2, 2)^T (0, -5)
  A.data = {0, -5, 0, -10, 0, -10, 0};
  const auto [k, U, s, Vt] = decompose(this->arena, A);
  EXPECT_NEAR(s[0], 15, 15 * this->tolerance);
  EXPECT_NEAR(s[1], 0, 15 * this->tolerance);
  EXPECT_NEAR(Vt(0, 1), 1, this->tolerance);
  EXPECT_NEAR(U(0, 0), -1. / 3, this->tolerance);
}

TYPED_TEST(Svd, HasTheSameBitsForAnyNumberOfThreads) {
  const auto A = Matrix<TypeParam>::random(9000, 40, 3);
  Arena one(1);
  const auto expected = decompose(one, A);
  for (const int threads : {2, 5}) {
    Arena team(threads);
    const auto found = decompose(team, A);
    EXPECT_EQ(found.U.data, expected.U.data) << threads;
    EXPECT_EQ(found.s, expected.s) << threads;
    EXPECT_EQ(found.Vt.data, expected.Vt.data) << threads;
  }
}

TYPED_TEST(Svd, TakesEmptyMatrices) {
  for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{0, 3}, {3, 0}}) {
    EXPECT_EQ(decompose(this->arena, Matrix<TypeParam>(m, n)).k, 0);
  }
}

TYPED_TEST(Svd, SaysWhatItCannotDecompose) {
  Matrix<TypeParam> A(4, 3), U(4, 3), Vt(3, 3);
  std::vector<TypeParam> s(2);
  EXPECT_EQ(refusal([&] { svd(this->arena, A.cview(), U.view(), std::span<TypeParam>(s), Vt.view()); }),
            "[svd] A is (4, 3), U is (4, 3), s has 2 numbers, Vt is (3, 3): expected (4, 3), 3 and (3, 3)");
  s.resize(3);
  A(1, 2) = std::numeric_limits<TypeParam>::infinity();
  EXPECT_EQ(refusal([&] { svd(this->arena, A.cview(), U.view(), std::span<TypeParam>(s), Vt.view()); }),
            "[svd] A(1, 2) is inf, expected finite numbers");
  TypeParam unread = 0;
  const MatrixView<TypeParam> vast(&unread, 17000, 17000);
  EXPECT_EQ(refusal([&] { svd(this->arena, vast, vast, std::span<TypeParam>(&unread, 17000), vast); }),
            "[svd] A is (17000, 17000), expected at most 16384 rows or columns");
}

}  // namespace
}  // namespace thrum::linalg
