#include "thrum/linalg/statistics.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/comm/thread_communicator.h"
#include "thrum/linalg/matrix_testing_internal.h"

namespace thrum::linalg {
namespace {

/// Of the four lists, one behind the other.
std::vector<std::uint64_t> bits(const Statistics& statistics) {
  std::vector<std::uint64_t> all;
  for (const auto* list : {&statistics.mean, &statistics.variance, &statistics.min, &statistics.max}) {
    for (const double x : *list) all.push_back(std::bit_cast<std::uint64_t>(x));
  }
  return all;
}

template <class T>
Statistics columns_of(const Matrix<T>& A, int threads, int ranks) {
  std::vector<Statistics> of_rank(static_cast<std::size_t>(ranks));
  run_thread_ranks(ranks, [&](Communicator& communicator) {
    Arena arena(threads);
    const RowRange rows = rows_of_rank(A.rows, communicator.rank(), ranks);
    of_rank[communicator.rank()] =
        column_statistics(Execution{&arena, &communicator}, A.cview().row_range(rows.begin, rows.end));
  });
  for (const Statistics& one : of_rank) EXPECT_EQ(bits(one), bits(of_rank[0])) << "all ranks get the same";
  return of_rank[0];
}

template <class T>
class StatisticsOf : public testing::Test {};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(StatisticsOf, Types);

TYPED_TEST(StatisticsOf, ColumnsAndRowsByHand) {
  Matrix<TypeParam> A(2, 3);
  A.data = {1, -4, 0, 3, 4, 0, 0};
  const LocalExecution execution(2);
  const Statistics columns = column_statistics(execution, A.cview()), rows = row_statistics(execution, A.cview());
  EXPECT_EQ(columns.count, 2);
  EXPECT_EQ(columns.mean, (std::vector<double>{2, 0, 0}));
  EXPECT_EQ(columns.variance, (std::vector<double>{1, 16, 0}));
  EXPECT_EQ(columns.min, (std::vector<double>{1, -4, 0}));
  EXPECT_EQ(columns.max, (std::vector<double>{3, 4, 0}));
  EXPECT_EQ(rows.count, 3);
  EXPECT_EQ(rows.mean, (std::vector<double>{-1, 7. / 3}));
  EXPECT_EQ(rows.min, (std::vector<double>{-4, 0}));
  EXPECT_EQ(rows.max, (std::vector<double>{1, 4}));
  EXPECT_DOUBLE_EQ(rows.variance[0], 14. / 3);
  EXPECT_DOUBLE_EQ(rows.variance[1], 26. / 9);
}

TYPED_TEST(StatisticsOf, ColumnsFarFromZeroKeepTheirVariance) {
  constexpr std::size_t n = 10000;
  constexpr double offset = sizeof(TypeParam) == 4 ? 4e6 : 4e9;  // a sum of squares would keep no digit of 1
  Matrix<TypeParam> A(n, 2);
  for (std::size_t i = 0; i < n; ++i) {
    A(i, 0) = static_cast<TypeParam>(offset + static_cast<double>(i % 2));
    A(i, 1) = static_cast<TypeParam>(i < n / 2 ? 0 : offset);
  }
  const Statistics found = columns_of(A, 2, 1);
  EXPECT_EQ(found.mean[0], offset + 0.5);
  EXPECT_EQ(found.variance[0], 0.25);
  EXPECT_NEAR(found.variance[1] / (offset * offset / 4), 1, 1e-12);
}

TYPED_TEST(StatisticsOf, ColumnsHasTheSameBitsForAnyNumberOfThreadsAndRanks) {
  auto A = Matrix<TypeParam>::random(20000, 7, 8, 1);
  for (std::size_t i = 0; i < A.rows; ++i) A(i, 3) = i % 3 == 0 ? TypeParam(0) : -TypeParam(0);
  const Statistics expected = columns_of(A, 1, 1);
  EXPECT_FALSE(std::signbit(expected.min[3])) << "the smallest of zeros is no negative one";
  for (const int threads : {1, 2, 5}) {
    for (const int ranks : {1, 3, 7}) EXPECT_EQ(bits(columns_of(A, threads, ranks)), bits(expected));
  }
}

TYPED_TEST(StatisticsOf, RowsHasTheSameBitsForAnyNumberOfThreads) {
  const auto A = Matrix<TypeParam>::random(50, 9000, 8, 1);
  const auto of = [&](int threads) { return bits(row_statistics(LocalExecution(threads), A.cview())); };
  for (const int threads : {2, 5}) EXPECT_EQ(of(threads), of(1));
}

TYPED_TEST(StatisticsOf, NaNSpoilsAllAndInfinityMeanAndVariance) {
  constexpr auto inf = std::numeric_limits<TypeParam>::infinity();
  Matrix<TypeParam> A(3, 3, 0, 2);
  A(1, 0) = std::numeric_limits<TypeParam>::quiet_NaN();
  A(1, 1) = inf;
  const Statistics columns = columns_of(A, 2, 1);
  EXPECT_TRUE(std::isnan(columns.mean[0]) && std::isnan(columns.variance[0]));
  EXPECT_TRUE(std::isnan(columns.min[0]) && std::isnan(columns.max[0]));
  EXPECT_TRUE(std::isnan(columns.mean[1]) && std::isnan(columns.variance[1]));
  EXPECT_EQ(columns.min[1], 2);
  EXPECT_EQ(columns.max[1], inf);
  EXPECT_EQ(columns.mean[2], 2);
  const Statistics rows = row_statistics(LocalExecution(2), A.cview());
  EXPECT_TRUE(std::isnan(rows.mean[1]) && std::isnan(rows.variance[1]) && std::isnan(rows.min[1]) &&
              std::isnan(rows.max[1]));
  EXPECT_EQ(rows.mean[2], 2);
}

TYPED_TEST(StatisticsOf, NothingAreNoNumbers) {
  const Matrix<TypeParam> A(0, 2);
  const Statistics columns = columns_of(A, 2, 2);
  EXPECT_EQ(columns.count, 0);
  EXPECT_TRUE(std::isnan(columns.mean[1]) && std::isnan(columns.variance[1]));
  EXPECT_GT(columns.min[1], columns.max[1]);
  EXPECT_TRUE(row_statistics(LocalExecution(2), A.cview()).mean.empty());
}

}  // namespace
}  // namespace thrum::linalg
