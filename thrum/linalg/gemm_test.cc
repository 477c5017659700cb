#include "thrum/linalg/gemm.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
class Gemm : public testing::Test {
 protected:
  void expect_product(std::size_t m, std::size_t n, std::size_t k, const GemmOptions& options) {
    SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k << (options.transpose_a ? " A^T" : "")
                                    << (options.transpose_b ? " B^T" : "") << " beta " << options.beta);
    const auto A = options.transpose_a ? Matrix<T>::random(k, m, 1, 3) : Matrix<T>::random(m, k, 1, 3);
    const auto B = options.transpose_b ? Matrix<T>::random(n, k, 2, 1) : Matrix<T>::random(k, n, 2, 1);
    const auto before = Matrix<T>::random(m, n, 3, 2);
    auto C = before;
    gemm(arena, A.view(), B.view(), C.view(), options);
    const Matrix<double> product = naive_product(A, options.transpose_a, B, options.transpose_b);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const double expected =
            static_cast<double>(static_cast<T>(options.alpha)) * product(i, j) + options.beta * before(i, j);
        ASSERT_NEAR(C(i, j), expected, product_tolerance<T>(k)) << i << ", " << j;
      }
      for (std::size_t j = n; j < C.stride; ++j) ASSERT_EQ(C(i, j), before(i, j)) << "padding of row " << i;
    }
  }

  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Types);

TYPED_TEST(Gemm, EqualsTheNaiveProduct) {
  const std::size_t sizes[][3] = {{1, 1, 1},    {1, 7, 3},      {5, 1, 9},      {17, 33, 65},
                                  {64, 64, 64}, {301, 523, 77}, {300, 523, 257}};
  for (const auto& [m, n, k] : sizes) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        this->expect_product(m, n, k, {.transpose_a = transpose_a, .transpose_b = transpose_b});
        this->expect_product(m, n, k,
                             {.transpose_a = transpose_a, .transpose_b = transpose_b, .alpha = -0.75, .beta = 0.5});
      }
    }
  }
}

TYPED_TEST(Gemm, EqualsTheNaiveProductOnEveryInstructionSet) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    this->expect_product(270, 300, 260, {.alpha = -0.75, .beta = 0.5});
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TYPED_TEST(Gemm, EqualsTheNaiveProductWhereTheInnerDimensionIsCut) {
  this->expect_product(13, 9, 70001, {});
  this->expect_product(13, 9, 70001, {.transpose_a = true, .alpha = 0.5, .beta = -2});
  this->expect_product(257, 261, 1030, {.transpose_a = true, .alpha = 0.5, .beta = -2});
  this->expect_product(1057, 257, 520, {.transpose_b = true});
}

TYPED_TEST(Gemm, DoesNotReadCWhenBetaIsZero) {
  for (const std::size_t n : {1, 3, 8, 30, 100, 300}) {
    const auto A = Matrix<TypeParam>::random(n, n, 1), B = Matrix<TypeParam>::random(n, n, 2);
    Matrix<TypeParam> C(n, n, 0, std::numeric_limits<TypeParam>::quiet_NaN());
    gemm(this->arena, A.view(), B.view(), C.view());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) ASSERT_TRUE(std::isfinite(C(i, j))) << n << ": " << i << ", " << j;
    }
  }
}

TYPED_TEST(Gemm, TakesEmptyMatrices) {
  Matrix<TypeParam> C(2, 3, 0, TypeParam(4));
  const Matrix<TypeParam> A(2, 0), B(0, 3);
  gemm(this->arena, A.view(), B.view(), C.view(), {.beta = 0.5});
  EXPECT_EQ(C(1, 2), 2);
  gemm(this->arena, A.view(), B.view(), C.view());
  EXPECT_EQ(C(1, 2), 0);
  Matrix<TypeParam> nothing(0, 3);
  gemm(this->arena, MatrixView<const TypeParam>(nullptr, 0, 5), Matrix<TypeParam>(5, 3).cview(), nothing.view());
}

TYPED_TEST(Gemm, HasTheSameBitsForAnyNumberOfThreads) {
  const std::size_t sizes[][3] = {{700, 600, 50}, {31, 29, 60000}, {5, 3000, 100}, {600, 700, 300}};
  for (const auto& [m, n, k] : sizes) {
    const auto A = Matrix<TypeParam>::random(m, k, 1), B = Matrix<TypeParam>::random(k, n, 2);
    const auto product = [&](int threads, Backend backend) {
      Arena team(threads, backend);
      Matrix<TypeParam> C(m, n);
      gemm(team, A.view(), B.view(), C.view());
      return C.data;
    };
    const auto expected = product(1, Backend::sequential);
    for (const int threads : {1, 2, 5}) {
      EXPECT_EQ(product(threads, Backend::tbb), expected) << threads;
      EXPECT_EQ(product(threads, Backend::threads), expected) << threads;
    }
  }
}

TYPED_TEST(Gemm, HasTheSameBitsHoweverManyColumnsAreMultipliedAtOnce) {
  const std::size_t m = 260, wide = 2200, narrow = 301, k = 2100;
  const auto A = Matrix<TypeParam>::random(m, k, 1), B = Matrix<TypeParam>::random(k, wide, 2);
  Matrix<TypeParam> all(m, wide), some(m, narrow);
  gemm(this->arena, A.view(), B.view(), all.view());
  gemm(this->arena, A.view(), MatrixView<const TypeParam>(B.view().data(), k, narrow, B.view().stride()), some.view());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < narrow; ++j) ASSERT_EQ(all(i, j), some(i, j)) << i << ", " << j;
  }
}

TYPED_TEST(Gemm, SaysWhichShapesDoNotFit) {
  const Matrix<TypeParam> A(3, 4), B(5, 2);
  Matrix<TypeParam> C(3, 3);
  EXPECT_EQ(refusal([&] { gemm(this->arena, A.view(), B.view(), C.view()); }),
            "[gemm] A is (3, 4), B is (5, 2): the inner dimensions differ");
  EXPECT_EQ(refusal([&] { gemm(this->arena, A.view(), B.view(), C.view(), {.transpose_a = true}); }),
            "[gemm] A^T is (4, 3), B is (5, 2): the inner dimensions differ");
  EXPECT_EQ(refusal([&] { gemm(this->arena, A.view(), Matrix<TypeParam>(4, 2).cview(), C.view()); }),
            "[gemm] the product is (3, 2), C is (3, 3)");
}

TYPED_TEST(Gemm, RefusesWhatBlasCannotCount) {
  const std::size_t many = std::size_t{1} << 31;
  const MatrixView<const TypeParam> A(nullptr, many, 1), B(nullptr, 1, 1);
  EXPECT_EQ(refusal([&] { gemm(this->arena, A, B, MatrixView<TypeParam>(nullptr, many, 1)); }),
            "[gemm] expected shapes and strides up to 2147483647, got (2147483648, 1) with stride 1");
}

TYPED_TEST(Gemm, StopsOnRequest) {
  std::stop_source source;
  source.request_stop();
  const auto A = Matrix<TypeParam>::random(8, 8, 1);
  Matrix<TypeParam> C(8, 8);
  EXPECT_NE(refusal([&] { gemm(this->arena, A.view(), A.view(), C.view(), {.stop = source.get_token()}); },
                    ErrorCode::cancelled),
            "no error");
}

}  // namespace
}  // namespace thrum::linalg
