#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "thrum/learn/linear/row_order_internal.h"

namespace thrum {
namespace {

using Rows = std::vector<std::size_t>;

constexpr std::size_t n_rows = 20'003, n_columns = 100;  // chunks of 128 rows: 157, in 5 windows

RowOrder order_of(std::size_t n, bool shuffle, std::uint64_t seed = 1) {
  return {n, n_columns, shuffle, Random(seed)};
}

Rows all_of(const RowOrder& order) {
  Rows all;
  for (std::size_t w = 0; w < order.n_windows(); ++w) {
    const Rows rows = order.window(w);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

Rows from_zero(std::size_t n) {
  Rows rows(n);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

TEST(RowOrder, TakesEachRowOnce) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{129}, std::size_t{33 * 128}, n_rows}) {
    Rows rows = all_of(order_of(n, true));
    std::ranges::sort(rows);
    EXPECT_EQ(rows, from_zero(n));
    EXPECT_EQ(all_of(order_of(n, false)), from_zero(n));
  }
}

TEST(RowOrder, FollowsTheRandomNumbers) {
  EXPECT_EQ(all_of(order_of(n_rows, true, 1)), all_of(order_of(n_rows, true, 1)));
  EXPECT_NE(all_of(order_of(n_rows, true, 1)), all_of(order_of(n_rows, true, 2)));
}

TEST(RowOrder, TakesWholeChunksOfAllPartsIntoEachWindow) {
  const RowOrder order = order_of(n_rows, true);
  ASSERT_EQ(order.n_windows(), 5u);
  for (std::size_t w = 0; w < order.n_windows(); ++w) {
    Rows rows = order.window(w);
    EXPECT_FALSE(std::ranges::is_sorted(rows));
    std::ranges::sort(rows);
    std::size_t n_beginnings = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) n_beginnings += i == 0 || rows[i] != rows[i - 1] + 1 ? 1 : 0;
    EXPECT_LE(n_beginnings, 32u);
    const auto in_first_half = std::ranges::lower_bound(rows, n_rows / 2) - rows.begin();
    EXPECT_NEAR(static_cast<double>(in_first_half) / static_cast<double>(rows.size()), 0.5, 0.05) << w;
  }
}

}  // namespace
}  // namespace thrum
