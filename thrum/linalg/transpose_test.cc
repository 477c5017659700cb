#include "thrum/linalg/transpose.h"

#include <gtest/gtest.h>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
class Transposed : public testing::Test {
 protected:
  Arena arena{3};
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Transposed, Types);

TYPED_TEST(Transposed, HasRowsForColumns) {
  for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{1, 1},
                             {32, 32},
                             {33, 65},
                             {1, 500},
                             {500, 1},
                             {0, 3},
                             {3, 0},
                             {700, 310}}) {
    const auto A = Matrix<TypeParam>::random(m, n, 1, 5);
    Matrix<TypeParam> B(n, m, 2, 9);
    transpose(this->arena, A.view(), B.view());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) ASSERT_EQ(B(j, i), A(i, j)) << m << ", " << n << ": " << i << ", " << j;
    }
    for (std::size_t j = 0; j + 1 < n; ++j) ASSERT_EQ(B.data[j * B.stride + m], 9) << "behind row " << j;
  }
}

TYPED_TEST(Transposed, SaysWhichShapesDoNotFit) {
  Matrix<TypeParam> A(3, 4), B(3, 4);
  EXPECT_EQ(refusal([&] { transpose(this->arena, A.cview(), B.view()); }),
            "[transpose] A is (3, 4), B is (3, 4): expected (4, 3)");
}

}  // namespace
}  // namespace thrum::linalg
