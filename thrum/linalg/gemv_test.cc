#include "thrum/linalg/gemv.h"

#include <gtest/gtest.h>

#include <limits>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
class Gemv : public testing::Test {
 protected:
  void expect_product(std::size_t rows, std::size_t cols, const GemvOptions& options) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols << (options.transpose ? " transposed" : ""));
    const auto A = Matrix<T>::random(rows, cols, 1, 3);
    const auto x = Matrix<T>::random(options.transpose ? rows : cols, 1, 2);
    auto y = Matrix<T>::random(options.transpose ? cols : rows, 1, 3);
    const auto before = y;
    gemv(arena, A.view(), std::span<const T>(x.data.data(), x.rows), std::span<T>(y.data.data(), y.rows), options);
    const Matrix<double> product = naive_product(A, options.transpose, x, false);
    for (std::size_t i = 0; i < y.rows; ++i) {
      ASSERT_NEAR(y(i, 0), options.alpha * product(i, 0) + options.beta * before(i, 0), product_tolerance<T>(x.rows));
    }
  }

  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemv, Types);

TYPED_TEST(Gemv, EqualsTheNaiveProduct) {
  const std::size_t sizes[][2] = {{1, 1}, {7, 3}, {65, 129}, {1, 300}, {300, 1}, {5003, 28}, {3, 70000}};
  for (const auto& [rows, cols] : sizes) {
    for (const bool transpose : {false, true}) {
      this->expect_product(rows, cols, {.transpose = transpose});
      this->expect_product(rows, cols, {.transpose = transpose, .alpha = -0.5, .beta = 2});
    }
  }
}

TYPED_TEST(Gemv, DoesNotReadYWhenBetaIsZero) {
  const Matrix<TypeParam> A(3, 3, 0, TypeParam(1));
  const std::vector<TypeParam> x(3, 1);
  for (const bool transpose : {false, true}) {
    std::vector<TypeParam> y(3, std::numeric_limits<TypeParam>::quiet_NaN());
    gemv(this->arena, A.view(), std::span<const TypeParam>(x), std::span<TypeParam>(y), {.transpose = transpose});
    EXPECT_EQ(y, std::vector<TypeParam>(3, 3));
  }
}

TYPED_TEST(Gemv, TakesEmptyMatrices) {
  std::vector<TypeParam> y(2, 4);
  gemv(this->arena, MatrixView<const TypeParam>(nullptr, 2, 0), std::span<const TypeParam>(), std::span<TypeParam>(y),
       {.beta = 0.5});
  EXPECT_EQ(y, std::vector<TypeParam>(2, 2));
  gemv(this->arena, MatrixView<const TypeParam>(nullptr, 0, 2), std::span<const TypeParam>(), std::span<TypeParam>(y),
       {.transpose = true});
  EXPECT_EQ(y, std::vector<TypeParam>(2, 0));
}

TYPED_TEST(Gemv, HasTheSameBitsForAnyNumberOfThreads) {
  const auto A = Matrix<TypeParam>::random(9001, 31, 1);
  const auto x = Matrix<TypeParam>::random(9001, 1, 2);
  for (const bool transpose : {false, true}) {
    const auto product = [&](int threads) {
      Arena team(threads);
      std::vector<TypeParam> y(transpose ? A.cols : A.rows);
      gemv(team, A.view(), std::span<const TypeParam>(x.data.data(), transpose ? A.rows : A.cols),
           std::span<TypeParam>(y), {.transpose = transpose});
      return y;
    };
    for (const int threads : {2, 5}) EXPECT_EQ(product(threads), product(1)) << threads;
  }
}

TYPED_TEST(Gemv, SaysWhichShapesDoNotFit) {
  const Matrix<TypeParam> A(3, 4);
  std::vector<TypeParam> x(3), y(3);
  EXPECT_EQ(refusal([&] { gemv(this->arena, A.view(), std::span<const TypeParam>(x), std::span<TypeParam>(y)); }),
            "[gemv] A is (3, 4), x has 3 numbers and y 3: expected 4 and 3");
  EXPECT_EQ(refusal([&] {
              gemv(this->arena, A.view(), std::span<const TypeParam>(x), std::span<TypeParam>(y), {.transpose = true});
            }),
            "[gemv] A^T is (4, 3), x has 3 numbers and y 3: expected 3 and 4");
}

}  // namespace
}  // namespace thrum::linalg
