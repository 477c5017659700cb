#include "thrum/linalg/syrk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
class Syrk : public testing::Test {
 protected:
  void expect_product(std::size_t n, std::size_t k, const SyrkOptions& options) {
    SCOPED_TRACE(testing::Message() << n << " x " << k << (options.transpose ? " transposed" : ""));
    const auto A = options.transpose ? Matrix<T>::random(k, n, 1, 3) : Matrix<T>::random(n, k, 1, 3);
    const auto before = Matrix<T>::random(n, n, 3, 2);
    auto C = before;
    syrk(arena, A.view(), C.view(), options);
    const Matrix<double> product = naive_product(A, options.transpose, A, !options.transpose);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const double expected = options.alpha * product(i, j) + options.beta * before(i, j);
        ASSERT_NEAR(C(i, j), expected, product_tolerance<T>(k) * std::max(1.0, std::abs(product(i, j))));
        ASSERT_EQ(C(i, j), C(j, i)) << i << ", " << j;
      }
    }
  }

  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Syrk, Types);

TYPED_TEST(Syrk, EqualsTheNaiveProductOnBothTriangles) {
  const std::size_t sizes[][2] = {{1, 1}, {7, 3}, {33, 65}, {300, 17}, {700, 40}, {11, 70001}};
  for (const auto& [n, k] : sizes) {
    for (const bool transpose : {false, true}) {
      this->expect_product(n, k, {.transpose = transpose});
      this->expect_product(n, k, {.transpose = transpose, .alpha = 0.25, .beta = -1});
    }
  }
}

TYPED_TEST(Syrk, DoesNotReadCWhenBetaIsZero) {
  const Matrix<TypeParam> A(300, 2, 0, TypeParam(1));
  Matrix<TypeParam> C(300, 300, 0, std::numeric_limits<TypeParam>::quiet_NaN());
  syrk(this->arena, A.view(), C.view());
  for (std::size_t i = 0; i < 300; ++i) {
    for (std::size_t j = 0; j < 300; ++j) ASSERT_EQ(C(i, j), 2);
  }
}

TYPED_TEST(Syrk, OfNothingScalesTheLowerTriangle) {
  Matrix<TypeParam> C(2, 2);
  C(0, 0) = C(1, 0) = C(1, 1) = 2;
  C(0, 1) = 77;
  syrk(this->arena, MatrixView<const TypeParam>(nullptr, 2, 0), C.view(), {.beta = 0.5});
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) EXPECT_EQ(C(i, j), 1);
  }
}

TYPED_TEST(Syrk, HasTheSameBitsForAnyNumberOfThreads) {
  const std::size_t sizes[][2] = {{600, 50}, {31, 60000}};
  for (const auto& [n, k] : sizes) {
    const auto A = Matrix<TypeParam>::random(k, n, 1);
    const auto product = [&](int threads) {
      Arena team(threads);
      Matrix<TypeParam> C(n, n);
      syrk(team, A.view(), C.view(), {.transpose = true});
      return C.data;
    };
    for (const int threads : {2, 5}) EXPECT_EQ(product(threads), product(1)) << threads;
  }
}

TYPED_TEST(Syrk, SaysWhichShapesDoNotFit) {
  const Matrix<TypeParam> A(3, 4);
  Matrix<TypeParam> C(3, 3);
  EXPECT_EQ(refusal([&] { syrk(this->arena, A.view(), C.view(), {.transpose = true}); }),
            "[syrk] A^T is (4, 3): the product is (4, 4), C is (3, 3)");
}

}  // namespace
}  // namespace thrum::linalg
