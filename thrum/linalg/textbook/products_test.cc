#include "thrum/linalg/textbook/products.h"

#include <gtest/gtest.h>

#include <string>

#include "thrum/comm/thread_communicator.h"
#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/matrix_testing_internal.h"
#include "thrum/linalg/textbook/distributed_products.h"

namespace thrum::linalg::textbook {
namespace {

using Product = void (*)(Arena&, MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

struct Algorithm {
  std::string name;
  Product multiply;
};

std::string name_of(const testing::TestParamInfo<Algorithm>& info) {
  return info.param.name;
}

class TextbookProduct : public testing::TestWithParam<Algorithm> {};

/// Whole numbers in [-8, 8]: their products and sums are exact, so every algorithm must give the same.
Matrix<double> whole_numbers(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix<double> matrix(rows, cols, 3);
  const Random random(seed);
  for (std::size_t i = 0; i < matrix.data.size(); ++i) {
    matrix.data[i] = static_cast<double>(random.below(i, 17)) - 8;
  }
  return matrix;
}

TEST_P(TextbookProduct, IsExactOnWholeNumbersOfAnyShape) {
  Arena arena(2);
  const std::size_t shapes[][3] = {{1, 1, 1}, {2, 3, 5}, {64, 64, 64}, {65, 127, 93}, {130, 7, 211}, {3, 200, 1}};
  for (const auto& [m, n, k] : shapes) {
    SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k);
    const auto A = whole_numbers(m, k, 1), B = whole_numbers(k, n, 2);
    Matrix<double> C(m, n, 2, 99);
    GetParam().multiply(arena, A.view(), B.view(), C.view());
    const Matrix<double> expected = naive_product(A, false, B, false);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) ASSERT_EQ(C(i, j), expected(i, j)) << i << ", " << j;
      for (std::size_t j = n; j < C.stride; ++j) ASSERT_EQ(C(i, j), 99) << "padding of row " << i;
    }
    EXPECT_TRUE(is_product<double>(arena, A.view(), B.view(), C.cview(), 0));
  }
}

TEST_P(TextbookProduct, HasTheSameBitsForAnyNumberOfThreads) {
  const auto A = Matrix<double>::random(150, 170, 1), B = Matrix<double>::random(170, 190, 2);
  const auto multiplied = [&](int threads) {
    Arena arena(threads);
    Matrix<double> C(150, 190);
    GetParam().multiply(arena, A.view(), B.view(), C.view());
    return C.data;
  };
  const auto alone = multiplied(1);
  EXPECT_EQ(multiplied(2), alone);
  EXPECT_EQ(multiplied(5), alone);
}

TEST_P(TextbookProduct, RefusesShapesThatDoNotFit) {
  Arena arena(1);
  const Matrix<double> A(2, 3), B(4, 5);
  Matrix<double> C(2, 5);
  EXPECT_EQ(refusal([&] { GetParam().multiply(arena, A.view(), B.view(), C.view()); }),
            "[" + GetParam().name + "_product] expected C (m, n) = A (m, k) B (k, n), got (2, 5) = (2, 3) (4, 5)");
}

INSTANTIATE_TEST_SUITE_P(Algorithms, TextbookProduct,
                         testing::Values(Algorithm{"naive", &naive_product<double>},
                                         Algorithm{"blocked", &blocked_product<double>},
                                         Algorithm{"recursive", &recursive_product<double>},
                                         Algorithm{"strassen", &strassen_product<double>}),
                         name_of);

TEST(IsProduct, FindsOneWrongElement) {
  Arena arena(2);
  const auto A = Matrix<float>::random(100, 80, 1), B = Matrix<float>::random(80, 90, 2);
  Matrix<float> C(100, 90);
  blocked_product<float>(arena, A.view(), B.view(), C.view());
  EXPECT_TRUE(is_product<float>(arena, A.view(), B.view(), C.cview(), product_tolerance<float>(80)));
  C(57, 3) += 0.01F;
  EXPECT_FALSE(is_product<float>(arena, A.view(), B.view(), C.cview(), product_tolerance<float>(80)));
  C(57, 3) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(is_product<float>(arena, A.view(), B.view(), C.cview(), product_tolerance<float>(80)));
}

using GridProduct = void (*)(Arena&, const RankGrid&, MatrixView<const double>, MatrixView<const double>,
                             MatrixView<double>);

/// The product of blocks (m, k) and (k, n) on a grid of q x q ranks, put together.
Matrix<double> multiplied_on_grid(GridProduct multiply, int q, const Matrix<double>& A, const Matrix<double>& B) {
  const auto side = static_cast<std::size_t>(q);
  const std::size_t m = A.rows / side, k = A.cols / side, n = B.cols / side;
  Matrix<double> C(A.rows, B.cols, 1, 99);
  run_thread_ranks(q * q, [&](Communicator& communicator) {
    Arena arena(1);
    const RankGrid grid(communicator, q, q);
    const auto i = static_cast<std::size_t>(grid.row()), j = static_cast<std::size_t>(grid.col());
    multiply(arena, grid, block_of(A.view(), {i * m, (i + 1) * m, j * k, (j + 1) * k}),
             block_of(B.view(), {i * k, (i + 1) * k, j * n, (j + 1) * n}),
             block_of(C.view(), {i * m, (i + 1) * m, j * n, (j + 1) * n}));
  });
  return C;
}

TEST(GridProducts, AreExactOnWholeNumbers) {
  for (const int q : {1, 2, 3}) {
    const auto A = whole_numbers(30, 42, 1), B = whole_numbers(42, 12, 2);
    const Matrix<double> expected = naive_product(A, false, B, false);
    for (const GridProduct multiply : {&summa_product, &cannon_product}) {
      const Matrix<double> C = multiplied_on_grid(multiply, q, A, B);
      for (std::size_t i = 0; i < 30; ++i) {
        for (std::size_t j = 0; j < 12; ++j) ASSERT_EQ(C(i, j), expected(i, j)) << q << ": " << i << ", " << j;
      }
    }
  }
}

TEST(GridProducts, RefuseGridsThatDoNotFit) {
  const auto grid_of = [](int n_rows, int n_cols, int ranks) {
    return refusal([=] {
      run_thread_ranks(ranks, [=](Communicator& communicator) {
        Arena arena(1);
        const RankGrid grid(communicator, n_rows, n_cols);
        const Matrix<double> A(1, 1), B(1, 1);
        Matrix<double> C(1, 1);
        summa_product(arena, grid, A.view(), B.view(), C.view());
      });
    });
  };
  EXPECT_EQ(grid_of(2, 2, 2), "[RankGrid] expected a grid of 2 ranks, got 2 x 2");
  EXPECT_EQ(grid_of(1, 2, 2), "[summa_product] expected a square grid of ranks, got 1 x 2");
}

}  // namespace
}  // namespace thrum::linalg::textbook
