#include "thrum/linalg/add.h"

#include <gtest/gtest.h>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
class Add : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Add, Types);

TYPED_TEST(Add, IsExactForAnyShapeAlignmentAndStride) {
  Arena arena(2);
  const std::size_t shapes[][2] = {{0, 3}, {1, 1}, {3, 0}, {7, 33}, {1100, 1001}};  // the last one is streamed
  for (const auto& [m, n] : shapes) {
    const auto A = Matrix<TypeParam>::random(m, n, 1, 1), B = Matrix<TypeParam>::random(m, n, 2);
    Matrix<TypeParam> C(m, n, 5, 99);
    add(arena, A.view(), B.view(), C.view());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) ASSERT_EQ(C(i, j), A(i, j) + B(i, j)) << i << ", " << j;
      for (std::size_t j = n; j < C.stride; ++j) ASSERT_EQ(C(i, j), 99) << "padding of row " << i;
    }
  }
}

TYPED_TEST(Add, MayReplaceAnOperand) {
  Arena arena(2);
  const auto before = Matrix<TypeParam>::random(1100, 1001, 1);
  auto A = before;
  add(arena, A.view(), A.view(), A.view());
  for (std::size_t i = 0; i < A.data.size() - 1; ++i) ASSERT_EQ(A.data[i], 2 * before.data[i]) << i;
}

TYPED_TEST(Add, RefusesShapesThatDiffer) {
  Arena arena(1);
  const Matrix<TypeParam> A(2, 3), B(3, 2);
  Matrix<TypeParam> C(2, 3);
  EXPECT_EQ(refusal([&] { add(arena, A.view(), B.view(), C.view()); }),
            "[add] A is (2, 3), B is (3, 2), C is (2, 3): expected equal shapes");
}

TYPED_TEST(Add, StopsOnRequest) {
  Arena arena(1);
  std::stop_source stop;
  stop.request_stop();
  Matrix<TypeParam> A(10, 10);
  EXPECT_NE(refusal([&] { add(arena, A.view(), A.view(), A.view(), stop.get_token()); }, ErrorCode::cancelled),
            "no error");
}

}  // namespace
}  // namespace thrum::linalg
