#include "thrum/linalg/lapack_internal.h"

#include <gtest/gtest.h>

#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

TEST(Lapack, SaysWhichMethodDidNotConverge) {
  EXPECT_EQ(refusal([] { check_converged("svd", "gesdd", 3); }, ErrorCode::internal),
            "[svd] LAPACK's gesdd did not converge (info 3); scale the matrix, or use the other element type");
  EXPECT_EQ(refusal([] { check_converged("svd", "gesdd", 0); }), "no error");
}

TEST(Lapack, NamesTheFirstElementThatIsNotFinite) {
  Arena arena(2);
  auto A = Matrix<float>::random(5000, 40, 1, 3);
  EXPECT_EQ(refusal([&] { check_finite(arena, "qr", A.cview()); }), "no error");
  A(4321, 7) = std::numeric_limits<float>::quiet_NaN();
  A(4000, 39) = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(refusal([&] { check_finite(arena, "qr", A.cview()); }),
            "[qr] A(4000, 39) is -inf, expected finite numbers");
}

TEST(Lapack, MakesTheLargestOfEachRowPositive) {
  Matrix<double> rows(2, 3), columns(1, 2);
  rows.data = {1, -3, 2, 0.5, 0, -0.25, 0};
  columns.data = {7, 8, 0};
  fix_signs(rows.view(), columns.view());
  EXPECT_EQ(rows.data, (std::vector<double>{-1, 3, -2, 0.5, 0, -0.25, 0}));
  EXPECT_EQ(columns.data, (std::vector<double>{-7, 8, 0}));
}

}  // namespace
}  // namespace thrum::linalg
