#include "thrum/learn/tree/histogram_internal.h"

#include <gtest/gtest.h>

#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/binned_table.h"

namespace thrum {
namespace {

constexpr std::size_t width = BinnedTable::tile_width;

struct Tile {
  std::vector<std::uint8_t> bins;
  std::vector<RowGradient> gradients;

  Tile(std::size_t n_rows, std::size_t n_columns) : bins(n_rows * width), gradients(n_rows) {
    const Random random(3);
    for (std::size_t i = 0; i < n_rows; ++i) {
      for (std::size_t c = 0; c < n_columns; ++c) {
        bins[i * width + c] = static_cast<std::uint8_t>(random.below(i * width + c, 256));
      }
      const auto g = static_cast<std::int32_t>(random.below(i + 1000000, 65535)) - 32767;
      gradients[i] = (g << 16) + static_cast<std::int32_t>(random.below(i + 2000000, 32768));
    }
  }
};

/// One addition after the other.
std::vector<GradientSum> plain_sums(const Tile& tile, std::size_t n_columns, std::span<const std::uint32_t> rows) {
  std::vector<GradientSum> sums(n_columns * histogram_stride);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t c = 0; c < n_columns; ++c) {
      sums[c * histogram_stride + tile.bins[rows[i] * width + c]] += widen(tile.gradients[i]);
    }
  }
  return sums;
}

class Histogram : public testing::TestWithParam<std::size_t> {};

TEST_P(Histogram, HoldsTheSumsOfTheRowsInEachBin) {
  const std::size_t n_columns = GetParam();
  const Tile tile(3100, n_columns);
  for (const std::size_t step : {1, 3}) {
    for (const std::size_t n : {0, 1, 23, 24, 25, 1000}) {
      std::vector<std::uint32_t> rows;
      for (std::size_t i = 0; i < n; ++i) rows.push_back(static_cast<std::uint32_t>(i * step + 5));
      const std::span gradients = std::span(tile.gradients).first(n);
      const auto expected = plain_sums(tile, n_columns, rows);
      std::vector<GradientSum> sums(padded_columns(n_columns) * histogram_stride);
      add_to_histogram({tile.bins.data(), n_columns}, rows, gradients, sums.data());
      sums.resize(expected.size());
      EXPECT_EQ(sums, expected) << n << " rows, every " << step;
      if (step > 1) continue;
      std::vector<GradientSum> range(padded_columns(n_columns) * histogram_stride);
      add_to_histogram({tile.bins.data(), n_columns}, 5, gradients, range.data());
      range.resize(expected.size());
      EXPECT_EQ(range, expected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Columns, Histogram, testing::Values(1, 4, 5, 12, 13, 20, 24, 27, 28, 31, 32));

TEST(Histogram, HoldsTheLargestSumsThatTheGridAllows) {
  const std::size_t n = 70000;
  const std::int32_t limit = GradientGrid::limit(n);
  const std::vector<std::uint8_t> bins(n * width, 255);
  for (const std::int32_t g : {-limit, limit}) {
    const std::vector<RowGradient> gradients(n, (g << 16) + limit);
    std::vector<GradientSum> sums(32 * histogram_stride);
    add_to_histogram({bins.data(), 32}, 0, gradients, sums.data());
    for (std::size_t c = 0; c < 32; ++c) {
      const GradientSum sum = sums[c * histogram_stride + 255];
      EXPECT_EQ(gradient_of(sum), static_cast<std::int64_t>(g) * static_cast<std::int64_t>(n));
      EXPECT_EQ(hessian_of(sum), static_cast<std::int64_t>(limit) * static_cast<std::int64_t>(n));
    }
  }
}

}  // namespace
}  // namespace thrum
