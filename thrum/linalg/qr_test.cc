#include "thrum/linalg/qr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
class Qr : public testing::Test {
 protected:
  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Qr, Types);

/// Of a sum of m products that add up to about one, all of one sign.
template <class T>
double rounding(std::size_t m) {
  return static_cast<double>(std::numeric_limits<T>::epsilon()) * (20 + 0.1 * static_cast<double>(m));
}

template <class T>
void expect_orthonormal_columns(const Matrix<T>& Q, double tolerance) {
  const Matrix<double> product = naive_product(Q, true, Q, false);
  for (std::size_t i = 0; i < Q.cols; ++i) {
    for (std::size_t j = 0; j < Q.cols; ++j) ASSERT_NEAR(product(i, j), i == j ? 1 : 0, tolerance) << i << ", " << j;
  }
}

template <class T>
void expect_near(const Matrix<double>& actual, const Matrix<T>& expected, double tolerance) {
  for (std::size_t i = 0; i < expected.rows; ++i) {
    for (std::size_t j = 0; j < expected.cols; ++j) {
      ASSERT_NEAR(actual(i, j), static_cast<double>(expected(i, j)), tolerance) << i << ", " << j;
    }
  }
}

/// One block, two, several, and so many that their triangles are cut again.
constexpr std::size_t shapes[][2] = {{1, 1}, {3, 3}, {40, 7}, {300, 100}, {2000, 100}, {20000, 9}, {13000, 100}};

TYPED_TEST(Qr, FactorsIntoOrthonormalColumnsAndATriangle) {
  for (const auto& [m, n] : shapes) {
    SCOPED_TRACE(testing::Message() << m << ", " << n);
    const auto A = Matrix<TypeParam>::random(m, n, 3, 2);
    auto Q = A;
    Matrix<TypeParam> R(n, n, 1, std::numeric_limits<TypeParam>::quiet_NaN());
    qr_factor(this->arena, Q.view(), R.view());
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_GT(R(i, i), 0);
      for (std::size_t j = 0; j < i; ++j) EXPECT_EQ(R(i, j), 0);
    }
    const double tolerance = rounding<TypeParam>(m);
    expect_orthonormal_columns(Q, tolerance);
    expect_near(naive_product(Q, false, R, false), A, tolerance * 4);
  }
}

TYPED_TEST(Qr, KeepsColumnsOrthonormalWhereTheyDependOnEachOther) {
  Matrix<TypeParam> A(6000, 30, 0, 1);
  const auto column = Matrix<TypeParam>::random(6000, 1, 5);
  for (std::size_t i = 0; i < A.rows; ++i) A(i, 3) = column(i, 0);
  auto Q = A;
  Matrix<TypeParam> R(30, 30);
  qr_factor(this->arena, Q.view(), R.view());
  const double tolerance = product_tolerance<TypeParam>(A.rows);  // equal numbers round alike: their errors add up
  expect_orthonormal_columns(Q, tolerance);
  const double length = std::sqrt(static_cast<double>(A.rows));  // the error of a whole column may lie in one number
  expect_near(naive_product(Q, false, R, false), A, tolerance * length);
}

TYPED_TEST(Qr, HasTheSameBitsForAnyNumberOfThreads) {
  const auto A = Matrix<TypeParam>::random(20000, 33, 4);
  const auto factor = [&](int threads) {
    Arena team(threads);
    auto Q = A;
    Matrix<TypeParam> R(33, 33);
    qr_factor(team, Q.view(), R.view());
    Q.data.insert(Q.data.end(), R.data.begin(), R.data.end());
    return Q.data;
  };
  for (const int threads : {2, 5}) EXPECT_EQ(factor(threads), factor(1)) << threads;
}

TYPED_TEST(Qr, TakesNoColumns) {
  Matrix<TypeParam> A(4, 0), R(0, 0);
  EXPECT_EQ(refusal([&] { qr_factor(this->arena, A.view(), R.view()); }), "no error");
}

TYPED_TEST(Qr, SaysWhatItCannotFactor) {
  Matrix<TypeParam> wide(3, 4), A(4, 3), R(3, 3), small(2, 3);
  EXPECT_EQ(refusal([&] { qr_factor(this->arena, wide.view(), R.view()); }),
            "[qr] A is (3, 4), expected at least as many rows as columns");
  EXPECT_EQ(refusal([&] { qr_factor(this->arena, A.view(), small.view()); }),
            "[qr] A is (4, 3), R is (2, 3): expected (3, 3)");
  A(2, 1) = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_EQ(refusal([&] { qr_factor(this->arena, A.view(), R.view()); }),
            "[qr] A(2, 1) is nan, expected finite numbers");
  for (std::size_t i = 0; i < 4; ++i) A(i, 1) = std::numeric_limits<TypeParam>::max();
  EXPECT_EQ(refusal([&] { qr_factor(this->arena, A.view(), R.view()); }),
            "[qr] column 1 of A is longer than any finite number; scale A down");
}

TYPED_TEST(Qr, IsCancelled) {
  std::stop_source source;
  source.request_stop();
  auto A = Matrix<TypeParam>::random(20000, 9, 4);
  Matrix<TypeParam> R(9, 9);
  const std::string message =
      refusal([&] { qr_factor(this->arena, A.view(), R.view(), source.get_token()); }, ErrorCode::cancelled);
  EXPECT_EQ(message.find("another code"), std::string::npos) << message;
  EXPECT_NE(message, "no error");
}

}  // namespace
}  // namespace thrum::linalg
