#include "thrum/data/binned_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/random.h"

namespace thrum {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

/// A dataset of the given columns and a target of zeros.
Dataset dataset_of(std::vector<Column> columns, const std::string& weight = "") {
  columns.push_back(Column::float64("y", std::vector<double>(columns.front().size())));
  return {std::make_shared<const Table>(std::move(columns)),
          {.target = "y", .task = Task::regression, .weight = weight}};
}

BinnedTable build(const Dataset& dataset, const BinnedTable::Options& options = {},
                  std::span<const std::uint8_t> row_mask = {}) {
  return BinnedTable::build(dataset, row_mask, options, LocalExecution(2));
}

std::vector<int> column_of(const BinnedTable& table, std::size_t c) {
  std::vector<int> bins(table.n_rows());
  for (std::size_t i = 0; i < bins.size(); ++i) bins[i] = table.column(c)[i * BinnedTable::tile_width];
  return bins;
}

/// The bins of a feature, whether it shares its column or not.
std::vector<std::size_t> bins_of(const BinnedTable& table, const BinnedFeature& feature) {
  std::vector<std::size_t> bins;
  for (const int byte : column_of(table, feature.column)) {
    const std::size_t bin = static_cast<std::size_t>(byte) - feature.first_bin;
    bins.push_back(bin < feature.map.n_bins() ? bin : feature.most_frequent_bin);
  }
  return bins;
}

/// Random numbers of very different kinds, with some missing.
Dataset mixed_dataset(std::size_t n_rows) {
  const Random random(3);
  std::vector<double> normal(n_rows), few(n_rows), gaps(n_rows), rare(n_rows);
  std::vector<std::int32_t> codes(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    normal[i] = random.normal(4 * i);
    few[i] = static_cast<double>(random.below(4 * i + 1, 7));
    gaps[i] = random.uniform(4 * i + 2) < 0.1 ? nan : std::exp(5 * normal[i]);
    rare[i] = i == n_rows - 2 ? 1 : 0;
    codes[i] = static_cast<std::int32_t>(random.below(4 * i + 3, 3));
  }
  return dataset_of({Column::float64("normal", normal), Column::float64("few", few), Column::float64("gaps", gaps),
                     Column::float64("rare", rare), Column::category("letter", codes, {"a", "b", "c"})});
}

TEST(BinnedTable, GivesEachValueABinAndMissingOnesBinZero) {
  const BinnedTable table = build(dataset_of({Column::float64("x", {3, nan, 1, inf, 3, -0.0, 0.0})}));
  ASSERT_THAT(table.features(), SizeIs(1));
  EXPECT_THAT(column_of(table, 0), ElementsAre(3, 0, 2, 4, 3, 1, 1));
  EXPECT_EQ(table.n_bins(0), 5U);
  EXPECT_TRUE(table.features()[0].map.has_missing);
}

TEST(BinnedTable, SplitsOfBinsAndOfRawValuesAgree) {
  const double tiny = std::numeric_limits<double>::denorm_min();
  std::vector<double> x = {0, -0.0, tiny, -tiny, 1, 1 + 0x1p-52, 1 + 0x1p-51, inf, -inf, 1e300, -1e300, 1e-40, 2e-40};
  for (const std::size_t max_bins : {255, 5}) {
    const BinnedTable table =
        build(dataset_of({Column::float64("x", x)}), {.max_bins = max_bins, .min_rows_in_bin = 1});
    const BinMap& map = table.features()[0].map;
    const std::vector<int> bins = column_of(table, 0);
    EXPECT_EQ(map.upper.size(), std::min<std::size_t>(max_bins, 12));
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(map.bin(x[i]), static_cast<std::size_t>(bins[i]));
      for (std::size_t b = 1; b < map.n_bins(); ++b) {
        EXPECT_EQ(static_cast<std::size_t>(bins[i]) <= b, x[i] <= map.upper[b - 1]);
      }
    }
  }
}

TEST(BinnedTable, TellsApartWholeNumbersBeyondFloats) {
  const BinnedTable table = build(dataset_of({Column::int64("id", {16777217, 16777216, 16777218})}));
  EXPECT_THAT(column_of(table, 0), ElementsAre(2, 1, 3));
}

TEST(BinnedTable, LeavesConstantFeaturesOut) {
  const BinnedTable table =
      build(dataset_of({Column::float64("one", {1, 1}), Column::float64("x", {1, 2}),
                        Column::category("word", {0, 0}, {"a"}), Column::float64("gap", {1, nan})}));
  ASSERT_THAT(table.features(), SizeIs(2));
  EXPECT_EQ(table.features()[0].feature, 1U);
  EXPECT_EQ(table.features()[1].feature, 3U);
  EXPECT_THAT(bins_of(table, table.features()[1]), ElementsAre(1, 0));
}

TEST(BinnedTable, HasNoColumnWhereNothingVaries) {
  const BinnedTable table = build(dataset_of({Column::float64("one", {1, 1})}));
  EXPECT_EQ(table.n_columns(), 0U);
  EXPECT_EQ(table.n_tiles(), 0U);
}

TEST(BinnedTable, FindsTheOneRowThatDiffersFromTheSample) {
  std::vector<double> flag(50'000), gap(50'000, 7);
  flag[31'415] = 1;
  gap[27'182] = nan;
  const BinnedTable table =
      build(dataset_of({Column::float64("flag", flag), Column::float64("gap", gap)}), {.sample_rows = 100});
  ASSERT_THAT(table.features(), SizeIs(2));
  EXPECT_EQ(bins_of(table, table.features()[0])[31'415], 2U);
  EXPECT_EQ(bins_of(table, table.features()[1])[27'182], 0U);
  EXPECT_FALSE(table.features()[0].map.has_missing);
  EXPECT_TRUE(table.features()[1].map.has_missing);
}

TEST(BinnedTable, GivesBinsToTheMostFrequentCategories) {
  const BinnedTable table =
      build(dataset_of({Column::category("word", {2, 2, 1, 1, 2, 0, -1}, {"a", "b", "c"})}), {.max_bins = 2});
  EXPECT_THAT(table.features()[0].map.categories, ElementsAre(2, 1));
  EXPECT_THAT(column_of(table, 0), ElementsAre(1, 1, 2, 2, 1, 0, 0));
  EXPECT_EQ(table.features()[0].most_frequent_bin, 1U);
}

TEST(BinnedTable, HoldsAHundredThousandCategories) {
  std::vector<std::int32_t> codes(200'000);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::int32_t>(i % 100'000);
  codes[0] = 99'999;
  for (int k = 0; k < 100'000; ++k) names.push_back(std::to_string(100'000 + k));
  const BinnedTable table = build(dataset_of({Column::category("word", codes, names)}));
  const BinMap& map = table.features()[0].map;
  ASSERT_THAT(map.categories, SizeIs(255));
  EXPECT_EQ(map.categories[0], 99'999);
  EXPECT_EQ(column_of(table, 0)[99'999], 1);
  EXPECT_TRUE(map.has_missing);
}

TEST(BinnedTable, RowsWithoutASayDoNotMoveTheBounds) {
  const std::vector<double> x = {1, 2, 2, 1, 1.5, nan};
  const std::vector<std::uint8_t> mask = {1, 1, 1, 1, 0, 0};
  const BinnedTable by_mask = build(dataset_of({Column::float64("x", x)}), {}, mask);
  EXPECT_THAT(by_mask.features()[0].map.upper, ElementsAre(1.5, inf));
  EXPECT_THAT(column_of(by_mask, 0), ElementsAre(1, 2, 2, 1, 1, 0));
  EXPECT_FALSE(by_mask.features()[0].map.has_missing);
  const BinnedTable by_weight =
      build(dataset_of({Column::float64("x", x), Column::float64("w", {1, 1, 1, 1, 0, 0})}, "w"));
  EXPECT_EQ(by_weight.features()[0].map.upper, by_mask.features()[0].map.upper);
  EXPECT_FALSE(by_weight.features()[0].map.has_missing);
}

TEST(BinnedTable, PutsOtherRowsIntoTheSameBins) {
  const BinnedTable table = build(dataset_of({Column::float64("x", {1, 2, 3})}));
  const BinnedTable other = table.rebuild(dataset_of({Column::float64("x", {2.4, nan, 2.6, -9})}), LocalExecution(1));
  EXPECT_THAT(column_of(other, 0), ElementsAre(2, 0, 3, 1));
  EXPECT_FALSE(other.features()[0].map.has_missing);
}

TEST(BinnedTable, LaysTilesOutAlignedAndPadded) {
  std::vector<Column> columns;
  for (int j = 0; j < 40; ++j) columns.push_back(Column::float64("x" + std::to_string(j), {1.0 * j, 2.0 * j + 1, 0.5}));
  const BinnedTable table = build(dataset_of(std::move(columns)));
  ASSERT_EQ(table.n_tiles(), 2U);
  for (std::size_t t = 0; t < 2; ++t) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table.tile(t)) % 64, 0U);
  for (std::size_t i = 0; i < table.n_rows(); ++i) {
    EXPECT_THAT(std::span(table.tile(1) + i * BinnedTable::tile_width + 8, 24), Each(0));
  }
}

TEST(BinnedTable, HoldsAsManyColumnsAsThereAre) {
  std::vector<Column> columns;
  for (int j = 0; j < 65'536; ++j) columns.push_back(Column::float64("x" + std::to_string(j), {0, 1.0 * j + 1, 0, 5}));
  const BinnedTable table = build(dataset_of(std::move(columns)));
  EXPECT_EQ(table.features().size(), 65'536U);
  EXPECT_THAT(column_of(table, 65'535), ElementsAre(1, 3, 1, 2));
}

/// Whether every feature's bins are those of its values.
void expect_bins_of_values(const BinnedTable& table, const Dataset& dataset) {
  std::vector<double> values(table.n_rows());
  for (const BinnedFeature& feature : table.features()) {
    dataset.reader().read_feature(feature.feature, dataset.first_row(), values);
    const auto bins = bins_of(table, feature);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(bins[i], feature.map.bin(values[i])) << feature.feature;
  }
}

/// Columns of which exactly one is not 0 in each row, and at first row `two` two.
Dataset one_hot_dataset(std::size_t n_rows, std::size_t n_columns, std::size_t two) {
  std::vector<Column> columns;
  for (std::size_t j = 0; j < n_columns; ++j) {
    std::vector<double> x(n_rows);
    for (std::size_t i = j; i < n_rows; i += n_columns) x[i] = 1;
    if (two < n_rows) x[two] = j < 2 ? 1 : 0;
    columns.push_back(Column::float64("x" + std::to_string(j), std::move(x)));
  }
  return dataset_of(std::move(columns));
}

TEST(BinnedTable, LetsFeaturesThatExcludeEachOtherShareColumns) {
  const Dataset dataset = one_hot_dataset(1000, 100, 1000);
  const BinnedTable table = build(dataset);
  ASSERT_THAT(table.features(), SizeIs(100));
  EXPECT_EQ(table.n_columns(), 2U);
  EXPECT_EQ(table.n_bins(0), 256U);
  EXPECT_TRUE(table.features()[84].is_bundled);
  expect_bins_of_values(table, dataset);
  EXPECT_EQ(build(dataset, {.bundle = false}).n_columns(), 100U);
}

TEST(BinnedTable, BundlesFlagsThatMeetOthersInFewRowsOfTheSample) {
  constexpr std::size_t n_rows = 40'000;
  std::vector<Column> columns;
  for (std::size_t j = 0; j < 8; ++j) {
    std::vector<double> x(n_rows);
    for (std::size_t i = j; i < n_rows && j < 4; i += 5) x[i] = 1;
    if (j >= 4) x[10'000 + 15 * j] = 1;  // where the first is 1 too
    columns.push_back(Column::float64("x" + std::to_string(j), std::move(x)));
  }
  const Dataset dataset = dataset_of(std::move(columns));
  const BinnedTable table = build(dataset);
  EXPECT_EQ(table.n_columns(), 2U);
  expect_bins_of_values(table, dataset);
}

TEST(BinnedTable, TakesFeaturesApartThatMeetInARowOutsideOfTheSample) {
  const Dataset dataset = one_hot_dataset(20'000, 50, 12'345);
  const BinnedTable table = build(dataset, {.sample_rows = 500});
  EXPECT_EQ(table.n_columns(), 2U);
  EXPECT_TRUE(table.features()[0].is_bundled);
  EXPECT_FALSE(table.features()[1].is_bundled);
  expect_bins_of_values(table, dataset);
}

TEST(BinnedTable, TakesFeaturesApartThatMeetInOtherRows) {
  const BinnedTable table = build(one_hot_dataset(1000, 50, 1000));
  ASSERT_EQ(table.n_columns(), 1U);
  const Dataset other = one_hot_dataset(100, 50, 7);
  const BinnedTable rebuilt = table.rebuild(other, LocalExecution(2));
  EXPECT_EQ(rebuilt.n_columns(), 2U);
  expect_bins_of_values(rebuilt, other);
}

TEST(BinnedTable, BundlesFeaturesWithMissingValuesAndCategories) {
  std::vector<double> gap(90), few(90);
  std::vector<std::int32_t> codes(90, 1);
  for (std::size_t i = 0; i < 30; ++i) {
    gap[i] = i % 2 == 0 ? nan : 5;
    few[30 + i] = static_cast<double>(i);
    codes[60 + i] = static_cast<std::int32_t>(i % 3);
  }
  const Dataset dataset = dataset_of(
      {Column::float64("gap", gap), Column::float64("few", few), Column::category("c", codes, {"a", "b", "c"})});
  const BinnedTable table = build(dataset);
  EXPECT_EQ(table.n_columns(), 1U);
  EXPECT_TRUE(table.features()[0].map.has_missing);
  expect_bins_of_values(table, dataset);
}

/// All that a table holds, as bytes, in the order of the rows of all ranks.
struct Everything {
  std::vector<double> maps;
  std::vector<std::uint8_t> bytes;
  bool operator==(const Everything&) const = default;
};

Everything everything(const BinnedTable& table, std::size_t column) {
  Everything all;
  for (const BinnedFeature& f : table.features()) {
    all.maps.insert(all.maps.end(), f.map.upper.begin(), f.map.upper.end());
    all.maps.insert(all.maps.end(), f.map.categories.begin(), f.map.categories.end());
    for (const std::size_t n : {f.feature, f.column, f.first_bin, f.most_frequent_bin}) {
      all.maps.push_back(static_cast<double>(n));
    }
    all.maps.push_back(f.map.has_missing ? 1 : 0);
  }
  for (const int bin : column_of(table, column)) all.bytes.push_back(static_cast<std::uint8_t>(bin));
  return all;
}

void expect_the_same_for_threads_and_ranks(const Dataset& whole, const BinnedTable::Options& options) {
  const Everything expected = everything(BinnedTable::build(whole, {}, options, LocalExecution(1)), 0);
  ASSERT_THAT(expected.bytes, SizeIs(whole.n_rows()));
  for (const int ranks : {1, 3}) {
    for (const int threads : {1, 2, 5}) {
      std::vector<Everything> parts(static_cast<std::size_t>(ranks));
      run_thread_ranks(ranks, [&](Communicator& communicator) {
        Arena arena(threads);
        const Dataset mine = whole.shard(communicator.rank(), ranks);
        const Execution execution{.arena = &arena, .communicator = &communicator};
        parts[static_cast<std::size_t>(communicator.rank())] =
            everything(BinnedTable::build(mine, {}, options, execution), 0);
      });
      std::vector<std::uint8_t> bytes;
      for (const Everything& part : parts) {
        EXPECT_EQ(part.maps, expected.maps);
        bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.end());
      }
      EXPECT_EQ(bytes, expected.bytes);
    }
  }
}

TEST(BinnedTable, IsTheSameForAnyNumberOfThreadsAndRanks) {
  expect_the_same_for_threads_and_ranks(mixed_dataset(30'000), {.sample_rows = 5'000});
  expect_the_same_for_threads_and_ranks(one_hot_dataset(20'000, 50, 12'345), {.sample_rows = 500});
}

}  // namespace
}  // namespace thrum
