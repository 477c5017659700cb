#include "thrum/data/ranked_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/random.h"

namespace thrum {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

/// A regression on the given columns.
Dataset dataset_of(std::vector<Column> columns) {
  std::vector<double> y(columns.front().size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(i);
  columns.push_back(Column::float64("y", std::move(y)));
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "y", .task = Task::regression});
}

Dataset dataset_of(std::vector<double> x) {
  return dataset_of({Column::float64("x", std::move(x))});
}

RankedTable ranked(const Dataset& dataset, std::span<const std::uint8_t> mask = {}) {
  return RankedTable::build(dataset, mask, LocalExecution(2));
}

std::vector<int> ranks_of(const RankedTable& table, std::size_t j = 0) {
  std::vector<int> ranks;
  for (std::size_t i = 0; i < table.n_rows(); ++i) ranks.push_back(table.column(j)[i * table.stride()]);
  return ranks;
}

std::vector<double> normals(std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = Random(3).normal(i);
  return x;
}

TEST(RankedTable, NumbersTheDifferentValuesInTheirOrder) {
  const RankedTable table = ranked(dataset_of({2.5, -1, 7, -1, 2.5}));
  EXPECT_EQ(ranks_of(table), (std::vector<int>{2, 1, 3, 1, 2}));
  EXPECT_EQ(table.maps()[0].lowest, (std::vector<double>{-1, 2.5, 7}));
  EXPECT_EQ(table.maps()[0].n_ranks(), 4);
  EXPECT_TRUE(table.is_exact());
}

TEST(RankedTable, KeepsRankZeroForMissingValues) {
  EXPECT_EQ(ranks_of(ranked(dataset_of({nan, 4, 3, nan}))), (std::vector<int>{0, 2, 1, 0}));
}

TEST(RankedTable, TakesInfiniteNumbersForTheLargestAndBothZerosForOne) {
  const RankedTable table = ranked(dataset_of({inf, -0.0, largest, 0.0, -inf}));
  EXPECT_EQ(ranks_of(table), (std::vector<int>{3, 2, 3, 2, 1}));
  EXPECT_EQ(table.maps()[0].lowest, (std::vector<double>{-largest, 0, largest}));
}

TEST(RankedTable, RanksCategoriesByTheirCodes) {
  const RankedTable table = ranked(dataset_of({Column::category("c", {1, -1, 0, 2}, {"a", "b", "c"})}));
  EXPECT_EQ(ranks_of(table), (std::vector<int>{2, 0, 1, 3}));
  EXPECT_EQ(table.maps()[0].n_ranks(), 4);
}

TEST(RankedTable, LeavesCategoriesBeyondTheLastRankUnknown) {
  constexpr std::size_t n = 100'000;
  std::vector<std::string> names;
  std::vector<std::int32_t> codes;
  for (std::size_t i = 0; i < n; ++i) {
    names.push_back(std::to_string(n + i));
    codes.push_back(static_cast<std::int32_t>(i));
  }
  const std::vector<int> ranks = ranks_of(ranked(dataset_of({Column::category("c", codes, names)})));
  EXPECT_EQ(ranks[65534], 65535);
  EXPECT_EQ(ranks[65535], 0);
  EXPECT_EQ(ranks[n - 1], 0);
}

TEST(RankedTable, PutsMoreThan65535ValuesIntoRanksOfLikeSizes) {
  const std::vector<double> x = normals(200'000);
  const RankedTable table = ranked(dataset_of(x));
  EXPECT_FALSE(table.is_exact());
  const RankMap& map = table.maps()[0];
  ASSERT_EQ(map.n_ranks(), 65536);
  std::vector<int> rows(map.n_ranks());
  const std::vector<int> ranks = ranks_of(table);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto r = static_cast<std::size_t>(ranks[i]);
    ASSERT_LE(map.lowest[r - 1], x[i]);
    ASSERT_GE(map.highest[r - 1], x[i]);
    ++rows[r];
  }
  for (std::size_t r = 1; r < rows.size(); ++r) ASSERT_TRUE(rows[r] >= 2 && rows[r] <= 5) << r << ": " << rows[r];
}

TEST(RankedTable, GivesRowsThatAreMaskedNoSay) {
  const std::vector<std::uint8_t> mask = {1, 0, 1, 0, 0};
  const RankedTable table = ranked(dataset_of({4, 5, 6, 3, 9}), mask);
  EXPECT_EQ(table.maps()[0].lowest, (std::vector<double>{4, 6}));
  EXPECT_EQ(ranks_of(table), (std::vector<int>{1, 1, 2, 1, 2}));
}

TEST(RankedTable, IsTheSameOnEveryRank) {
  std::vector<std::uint8_t> mask(3 * row_block + 11, 1);
  mask[5] = 0;
  const Dataset whole = dataset_of(
      {Column::float64("x", normals(mask.size())), Column::int64("k", std::vector<std::int64_t>(mask.size(), 3))});
  const RankedTable expected = ranked(whole, mask);
  run_thread_ranks(3, [&](Communicator& communicator) {
    Arena arena(2);
    const Dataset part = whole.shard(communicator.rank(), 3);
    const auto own = std::span(mask).subspan(part.first_row(), part.n_rows());
    const Execution execution{.arena = &arena, .communicator = &communicator};
    const RankedTable table = RankedTable::build(part, own, execution);
    EXPECT_EQ(table.maps()[0].lowest, expected.maps()[0].lowest);
    EXPECT_EQ(ranks_of(table, 0), ranks_of(expected, 0));
    EXPECT_EQ(ranks_of(table, 1), ranks_of(expected, 1));
  });
}

TEST(RankedTable, HoldsManyFeaturesByColumns) {
  std::vector<Column> columns;
  for (std::int64_t j = 0; j < 65; ++j) {
    columns.push_back(Column::int64("x" + std::to_string(j), {j, j + (j == 64 ? 1 : 0)}));
  }
  const RankedTable table = ranked(dataset_of(std::move(columns)));
  EXPECT_EQ(ranks_of(table, 63), (std::vector<int>{1, 1}));
  EXPECT_EQ(ranks_of(table, 64), (std::vector<int>{1, 2}));
}

TEST(RankMap, PutsThresholdsAtFloatsInTheMiddle) {
  const RankMap map{.lowest = {1, 2, 2 + 1e-12, 1e300}};
  EXPECT_EQ(map.threshold(1, 2), 1.5);
  EXPECT_EQ(map.threshold(1, 3), 1.5);
  EXPECT_EQ(map.threshold(2, 3), 2);
  EXPECT_EQ(map.threshold(3, 4), std::numeric_limits<float>::max());
}

TEST(RankMap, FindsTheRankOfAnyNumber) {
  const RankMap map{.lowest = {-3, 0.5, 7}};
  EXPECT_EQ(map.rank_at(-inf), 0);
  EXPECT_EQ(map.rank_at(std::nextafter(0.5, 0)), 1);
  EXPECT_EQ(map.rank_at(0.5), 2);
  EXPECT_EQ(map.rank_at(inf), 3);
}

TEST(RankMap, PutsAThresholdAboveAllValues) {
  const RankMap map{.lowest = {1, 2}};
  ASSERT_TRUE(map.has_room_above());
  EXPECT_EQ(map.threshold(2, 3), std::nextafter(largest, 0));
  EXPECT_FALSE((RankMap{.lowest = {1, largest}}.has_room_above()));
}

TEST(RankMap, SeparatesNeighbouringNumbers) {
  const double next = std::nextafter(1.1, 2);
  EXPECT_EQ((RankMap{.lowest = {1.1, next}}.threshold(1, 2)), 1.1);
  EXPECT_EQ((RankMap{.lowest = {0, 10}, .highest = {4, 20}}.threshold(1, 2)), 7);
}

}  // namespace
}  // namespace thrum
