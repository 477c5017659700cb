#include "thrum/learn/tree/row_partition_internal.h"

#include <gtest/gtest.h>

#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/binned_table.h"

namespace thrum {
namespace {

constexpr std::size_t width = BinnedTable::tile_width;

struct Rows {
  std::vector<std::uint8_t> column;
  std::vector<std::uint8_t> bytes;  ///< the same without the columns beside it
  std::vector<std::uint32_t> rows;
  std::vector<RowGradient> gradients;

  explicit Rows(std::size_t n) : column(3 * n * width + 1) {
    const Random random(n);
    for (std::size_t i = 0; i < 3 * n; ++i) column[i * width] = static_cast<std::uint8_t>(random.below(i, 256));
    for (std::size_t i = 0; i < 3 * n; ++i) bytes.push_back(column[i * width]);
    for (std::size_t i = 0; i < n; ++i) {
      rows.push_back(static_cast<std::uint32_t>(3 * i + i % 3));
      gradients.push_back(static_cast<RowGradient>(i) - 100);
    }
  }
  NodeRows view() const { return {rows.data(), gradients.data(), rows.size()}; }
};

GoesLeft bytes_up_to(std::size_t last) {
  GoesLeft left = {};
  for (std::size_t b = 0; b <= last; ++b) left[b] = 1;
  return left;
}

class RowPartition : public testing::TestWithParam<std::size_t> {};

TEST_P(RowPartition, KeepsTheOrderOfBothSidesAndWritesNothingElse) {
  const Rows node(GetParam());
  for (const std::size_t last : {0, 40, 127, 254, 255}) {
    const GoesLeft left = bytes_up_to(last);
    std::vector<std::uint32_t> expected[2];
    for (const std::uint32_t row : node.rows) expected[left[node.column[row * width]]].push_back(row);

    std::vector<std::uint64_t> mask((GetParam() + 63) / 64);
    const std::size_t n_left = mark_left(node.view(), {node.column.data(), width}, left, mask.data());
    ASSERT_EQ(n_left, expected[1].size());
    std::vector<std::uint64_t> same(mask.size());
    EXPECT_EQ(mark_left(node.view(), {node.bytes.data(), 1}, left, same.data()), n_left);
    EXPECT_EQ(same, mask);
    const std::size_t n_right = GetParam() - n_left;
    constexpr std::uint32_t untouched = 0xdeadbeef;
    std::vector<std::uint32_t> rows(GetParam() + 2, untouched);
    std::vector<RowGradient> gradients(GetParam() + 2, 12345);
    // The left side lies behind the right one, with a gap.
    move_rows(node.view(), mask.data(), {rows.data() + n_right + 1, gradients.data() + n_right + 1, n_left},
              {rows.data(), gradients.data(), n_right});
    EXPECT_TRUE(std::equal(expected[0].begin(), expected[0].end(), rows.begin()));
    EXPECT_TRUE(std::equal(expected[1].begin(), expected[1].end(), rows.begin() + n_right + 1));
    EXPECT_EQ(rows[n_right], untouched);
    EXPECT_EQ(rows.back(), untouched);
    EXPECT_EQ(gradients[n_right], 12345);
    EXPECT_EQ(gradients.back(), 12345);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] == untouched) continue;
      EXPECT_EQ(gradients[i], static_cast<RowGradient>(rows[i] / 3) - 100);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, RowPartition, testing::Values(1, 15, 16, 17, 63, 64, 65, 1000, 4096));

}  // namespace
}  // namespace thrum
