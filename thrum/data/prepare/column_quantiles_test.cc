#include "thrum/data/prepare/column_quantiles_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/comm/thread_communicator.h"
#include "thrum/core/random.h"

namespace thrum::prepare {
namespace {

/// Of the values split over ranks; every rank is to get the same.
std::vector<double> quantiles(const std::vector<double>& values, const std::vector<double>& shares, int ranks) {
  std::vector<std::vector<double>> of_rank(static_cast<std::size_t>(ranks));
  run_thread_ranks(ranks, [&](Communicator& communicator) {
    const RowRange rows = rows_of_rank(values.size(), communicator.rank(), ranks);
    const auto visit = [&](FunctionRef<void(std::span<const double>)> f) {
      for (std::size_t begin = rows.begin; begin < rows.end; begin += 1000) {
        f(std::span(values).subspan(begin, std::min<std::size_t>(1000, rows.end - begin)));
      }
    };
    of_rank[communicator.rank()] = column_quantiles(visit, [&](std::size_t) { return shares; }, communicator);
  });
  for (const auto& one : of_rank) EXPECT_EQ(one, of_rank[0]);
  return of_rank[0];
}

std::vector<double> by_sorting(std::vector<double> values, const std::vector<double>& shares) {
  std::ranges::sort(values);
  std::vector<double> result;
  for (const double share : shares) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const double low = values[below], high = values[std::min(below + 1, values.size() - 1)];
    result.push_back(low + (place - static_cast<double>(below)) * (high - low));
  }
  return result;
}

std::vector<double> every_hundredth() {
  std::vector<double> shares;
  for (int i = 100; i >= 0; --i) shares.push_back(i / 100.0);  // in any order
  return shares;
}

TEST(ColumnQuantiles, OfFewValuesLieBetweenNeighbours) {
  EXPECT_EQ(quantiles({3, 1, 2}, {0, 0.25, 0.5, 1}, 1), (std::vector<double>{1, 1.5, 2, 3}));
  EXPECT_EQ(quantiles({7}, {0.3}, 1), std::vector<double>{7});
  EXPECT_TRUE(quantiles({}, {0.5}, 2).empty());
}

TEST(ColumnQuantiles, OfManyValuesAreThoseOfSorting) {
  const Random random(5);
  constexpr std::size_t n = 300'000;  // more than are held
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = i % 3 == 0 ? 0.0 : i % 3 == 1 ? -4.0 : random.normal(i);
  const auto expected = by_sorting(values, every_hundredth());
  for (const int ranks : {1, 3}) EXPECT_EQ(quantiles(values, every_hundredth(), ranks), expected) << ranks;
}

TEST(ColumnQuantiles, OfManyCloseValuesAreThoseOfSorting) {
  const Random random(6);
  for (const double width : {1e-2, 1e-8, 1e-15}) {  // the last are four different numbers
    std::vector<double> values(200'000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1 + width * random.uniform(i);
    for (const int ranks : {1, 3}) {
      EXPECT_EQ(quantiles(values, every_hundredth(), ranks), by_sorting(values, every_hundredth())) << width;
    }
  }
}

TEST(ColumnQuantiles, DoNotCountNaN) {
  EXPECT_EQ(quantiles({NAN, 3, NAN, 1}, {0, 1}, 1), (std::vector<double>{1, 3}));
  EXPECT_TRUE(quantiles({NAN}, {0.5}, 1).empty());
}

TEST(ColumnQuantiles, OfInfiniteValuesAreInfinite) {
  std::vector<double> values(200'000, 1);
  for (std::size_t i = 0; i < values.size() / 2; ++i) values[2 * i] = INFINITY;
  EXPECT_EQ(quantiles(values, {0.25, 0.75, 1}, 1), (std::vector<double>{1, INFINITY, INFINITY}));
}

}  // namespace
}  // namespace thrum::prepare
