#include "thrum/linalg/symmetric_eigen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

/// Its upper triangle holds NaN: nothing may read it.
template <class T>
Matrix<T> lower_triangle(std::size_t n) {
  auto A = Matrix<T>::random(n, n, 6, 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) A(i, j) = std::numeric_limits<T>::quiet_NaN();
  }
  return A;
}

template <class T>
class SymmetricEigen : public testing::Test {
 protected:
  Arena arena{2};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(SymmetricEigen, Types);

TYPED_TEST(SymmetricEigen, GivesVectorsAndValuesThatMakeUpTheMatrix) {
  for (const std::size_t n : {1, 2, 30, 150}) {
    SCOPED_TRACE(n);
    const auto A = lower_triangle<TypeParam>(n);
    auto V = A;
    std::vector<TypeParam> values(n);
    symmetric_eigen(this->arena, V.view(), std::span<TypeParam>(values));
    EXPECT_TRUE(std::ranges::is_sorted(values));
    auto scaled = V;
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = V.view().row(i);
      EXPECT_GT(*std::ranges::max_element(row, {}, [](auto x) { return std::abs(x); }), 0);
      for (std::size_t j = 0; j < n; ++j) scaled(i, j) *= values[i];
    }
    const Matrix<double> product = naive_product(V, true, scaled, false), unit = naive_product(V, false, V, true);
    const double tolerance = product_tolerance<TypeParam>(n) * 20;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        ASSERT_NEAR(product(i, j), A(i, j), tolerance) << i << ", " << j;
        ASSERT_NEAR(unit(i, j), i == j ? 1 : 0, tolerance) << i << ", " << j;
      }
    }
  }
}

TYPED_TEST(SymmetricEigen, HasTheSameBitsForAnyNumberOfThreads) {
  const auto decompose = [](int threads) {
    Arena team(threads);
    auto V = lower_triangle<TypeParam>(100);
    std::vector<TypeParam> values(100);
    symmetric_eigen(team, V.view(), std::span<TypeParam>(values));
    V.data.insert(V.data.end(), values.begin(), values.end());
    std::erase_if(V.data, [](TypeParam x) { return std::isnan(x); });  // behind the rows
    return V.data;
  };
  for (const int threads : {2, 5}) EXPECT_EQ(decompose(threads), decompose(1)) << threads;
}

TYPED_TEST(SymmetricEigen, SaysWhatItCannotDecompose) {
  std::vector<TypeParam> values(3);
  const auto decompose = [&](MatrixView<TypeParam> A) {
    return refusal([&] { symmetric_eigen(this->arena, A, std::span<TypeParam>(values)); });
  };
  Matrix<TypeParam> wide(3, 4), A(3, 3);
  EXPECT_EQ(decompose(wide.view()),
            "[symmetric_eigen] A is (3, 4) and there are 3 values: expected A square and a value for each of its rows");
  A(2, 1) = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_EQ(decompose(A.view()), "[symmetric_eigen] A(2, 1) is nan, expected finite numbers");
  TypeParam unread = 0;
  EXPECT_EQ(refusal([&] {
              symmetric_eigen(this->arena, MatrixView<TypeParam>(&unread, 17000, 17000),
                              std::span<TypeParam>(&unread, 17000));
            }),
            "[symmetric_eigen] A is (17000, 17000), expected at most 16384 rows");
}

}  // namespace
}  // namespace thrum::linalg
