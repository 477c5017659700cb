#include "thrum/linalg/csr_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/refusal_test.h"

namespace thrum::linalg {
namespace {

/// (0 2 0)
/// (0 0 0)
/// (1 0 3)
CsrMatrix::Parts good_parts() {
  return {.n_cols = 3, .row_offsets = {0, 1, 1, 3}, .column_indices = {1, 0, 2}, .values = {2, 1, 3}};
}

std::string refusal(CsrMatrix::Parts parts) {
  return test::refusal([&] { const CsrMatrix matrix(std::move(parts)); });
}

TEST(CsrMatrix, GivesItsRows) {
  const CsrMatrix matrix(good_parts());
  EXPECT_EQ(matrix.rows(), 3u);
  EXPECT_EQ(matrix.cols(), 3u);
  EXPECT_EQ(matrix.n_values(), 3u);
  EXPECT_TRUE(matrix.row(1).columns.empty());
  EXPECT_EQ(matrix.row(2).columns[1], 2u);
  EXPECT_EQ(matrix.row(2).values[1], 3);
}

TEST(CsrMatrix, IsEmptyByDefault) {
  EXPECT_EQ(CsrMatrix().rows(), 0u);
  EXPECT_EQ(CsrMatrix().cols(), 0u);
}

TEST(CsrMatrix, KeepsOfADenseMatrixWhatIsNotZero) {
  const std::array<double, 9> dense = {0, 2, 0, 0, 0, 0, 1, 0, 3};
  const CsrMatrix matrix = CsrMatrix::from_dense(MatrixView<const double>(dense.data(), 3, 3));
  const CsrMatrix::Parts expected = good_parts();
  EXPECT_EQ(matrix.cols(), expected.n_cols);
  EXPECT_TRUE(std::ranges::equal(matrix.row_offsets(), expected.row_offsets));
  EXPECT_TRUE(std::ranges::equal(matrix.column_indices(), expected.column_indices));
  EXPECT_TRUE(std::ranges::equal(matrix.values(), expected.values));
}

TEST(CsrMatrix, TurnsItsColumnsIntoRows) {
  const CsrMatrix columns = CsrMatrix(good_parts()).transposed();
  EXPECT_EQ(columns.cols(), 3u);
  EXPECT_TRUE(std::ranges::equal(columns.row_offsets(), std::array{0, 1, 2, 3}));
  EXPECT_TRUE(std::ranges::equal(columns.column_indices(), std::array{2, 0, 2}));
  EXPECT_TRUE(std::ranges::equal(columns.values(), std::array{1.0, 2.0, 3.0}));
}

TEST(CsrMatrix, KeepsValuesInFloat32AllTheWay) {
  CsrMatrix::Parts parts = good_parts();
  parts.values[0] = 0.1;
  const CsrMatrix matrix = CsrMatrix(parts).to_float32();
  EXPECT_EQ(matrix.dtype(), DType::f32);
  EXPECT_TRUE(matrix.values().empty());
  EXPECT_EQ(matrix.row(0).values[0], double{0.1F});
  EXPECT_EQ(matrix.part(2, 3).row(0).values[1], 3);
  EXPECT_EQ(matrix.part(2, 3).dtype(), DType::f32);
  EXPECT_EQ(matrix.transposed().row(1).values[0], double{0.1F});
  EXPECT_TRUE(std::ranges::equal(CsrMatrix(matrix).to_float32().values_f32(), std::array{0.1F, 1.0F, 3.0F}));
}

TEST(CsrMatrix, RefusesWhatFloat32CannotHold) {
  CsrMatrix::Parts parts = good_parts();
  parts.values[1] = -1e300;
  EXPECT_EQ(test::refusal([&] { CsrMatrix(parts).to_float32(); }),
            "[csr_matrix] expected values that float32 can hold, got -1e+300 in row 2, column 0; keep them in float64");
  parts.values_f32 = {1};
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected values of one type, got float64 and float32");
}

TEST(CsrMatrix, RefusesLengthsThatDoNotFit) {
  CsrMatrix::Parts parts = good_parts();
  parts.column_indices.pop_back();
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected one column for each of the 3 values, got 2");
  parts = good_parts();
  parts.row_offsets = {};
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected row offsets from 0 to the number of values, 3");
  parts.row_offsets = {0, 2};
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected row offsets from 0 to the number of values, 3");
  parts.row_offsets = {1, 3};
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected row offsets from 0 to the number of values, 3");
}

TEST(CsrMatrix, RefusesOffsetsThatFallOrOverrun) {
  CsrMatrix::Parts parts = good_parts();
  parts.row_offsets = {0, 2, 1, 3};
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected row offsets that never fall, got 1 after 2 in row 1");
  parts.row_offsets = {0, 1'000'000, 1, 3};
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected row offsets that never fall, got 1 after 1000000 in row 1");
}

TEST(CsrMatrix, RefusesColumnsOutsideOrOutOfOrder) {
  CsrMatrix::Parts parts = good_parts();
  parts.column_indices[2] = 3;
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected columns below 3, got 3 in row 2");
  parts.column_indices[2] = 0;
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected ascending columns, got 0 after 0 in row 2");
  parts.n_cols = (std::size_t{1} << 32) + 1;
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected 4294967296 columns at most, got 4294967297");
}

TEST(CsrMatrix, GivesSomeOfItsRows) {
  const std::vector<double> X = {1, 0, 2, 0, 0, 0, 3, 4, 0};
  const CsrMatrix some = CsrMatrix::from_dense(MatrixView<const double>(X.data(), 3, 3)).part(1, 3);
  EXPECT_EQ(some.rows(), 2u);
  EXPECT_EQ(some.cols(), 3u);
  EXPECT_TRUE(some.row(0).columns.empty());
  EXPECT_TRUE(std::ranges::equal(some.row(1).columns, std::array{0, 1}));
  EXPECT_TRUE(std::ranges::equal(some.values(), std::array{3.0, 4.0}));
  EXPECT_EQ(some.part(1, 1).rows(), 0u);
}

TEST(CsrMatrix, RefusesValuesThatAreNotFinite) {
  CsrMatrix::Parts parts = good_parts();
  parts.values[1] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refusal(parts), "[csr_matrix] expected finite values, got inf in row 2, column 0");
}

}  // namespace
}  // namespace thrum::linalg
