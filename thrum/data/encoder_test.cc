#include "thrum/data/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/data/texts_test.h"

namespace thrum {
namespace {

using test::texts;
using testing::ElementsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Dataset dataset_of(std::vector<Column> features, std::vector<double> weights = {}) {
  const std::size_t n = features.front().size();
  std::vector<double> y(n);
  y[0] = 1;
  features.push_back(Column::float64("y", y));
  Dataset::Options options{.target = "y"};
  if (!weights.empty()) {
    features.push_back(Column::float64("w", std::move(weights)));
    options.weight = "w";
  }
  return Dataset(std::make_shared<const Table>(std::move(features), "t.csv"), options);
}

Dataset numbers(std::vector<double> x, std::vector<double> weights = {}) {
  return dataset_of({Column::float64("x", std::move(x))}, std::move(weights));
}

struct Fit {
  std::vector<std::uint8_t> mask = {};
  std::vector<double> weights = {};
  bool standardize = true;

  Encoder operator()(const Dataset& dataset) const {
    const LocalExecution local(2);
    return Encoder::fit(dataset, mask, weights, standardize, local);
  }
};

std::vector<double> encode(const Encoder& encoder, std::vector<double> row) {
  std::vector<double> out(encoder.n_outputs(), -7);
  encoder.encode({row.data(), 1, row.size()}, {out.data(), 1, out.size()});
  return out;
}

TEST(Encoder, StandardisesByMeanAndPopulationDeviation) {
  const auto encoder = Fit{}(numbers({1, 2, 3, 4}));
  EXPECT_DOUBLE_EQ(encoder.encodings()[0].mean, 2.5);
  EXPECT_DOUBLE_EQ(encoder.encodings()[0].scale, std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(encode(encoder, {4})[0], 1.5 / std::sqrt(1.25));
}

TEST(Encoder, PutsMissingNumbersAtTheMean) {
  const auto encoder = Fit{}(numbers({1, nan, 3}));
  EXPECT_EQ(encoder.encodings()[0].fill, 2);
  EXPECT_EQ(encode(encoder, {nan})[0], 0);
}

TEST(Encoder, WithoutStandardisationLeavesNumbersAndFillsWithTheMean) {
  const auto encoder = Fit{.standardize = false}(numbers({1, nan, 3}));
  EXPECT_EQ(encoder.encodings()[0].mean, 0);
  EXPECT_EQ(encoder.encodings()[0].scale, 1);
  EXPECT_EQ(encode(encoder, {nan})[0], 2);
  EXPECT_EQ(encode(encoder, {17})[0], 17);
}

TEST(Encoder, GivesAConstantScaleOne) {
  EXPECT_EQ(Fit{}(numbers({0.1, 0.1, 0.1})).encodings()[0].scale, 1);
  EXPECT_EQ((Fit{.mask = {1, 0}}(numbers({5, 9}))).encodings()[0].scale, 1);
  // Differences that rounding alone explains, by scikit-learn's rule; and some that it does not.
  EXPECT_EQ(Fit{}(numbers({1, 1 + 0x1p-52})).encodings()[0].scale, 1);
  EXPECT_NEAR(Fit{}(numbers({1, 1 + 0x1p-40})).encodings()[0].scale, 0x1p-41, 0x1p-60);
}

TEST(Encoder, TellsTheDeviationThatItIgnores) {
  std::vector<double> x(10'000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1e9 + (i % 2 == 0 ? 1e-4 : -1e-4);
  const auto tiny = Fit{}(numbers(x)).encodings()[0];
  EXPECT_EQ(tiny.scale, 1);
  EXPECT_NEAR(tiny.ignored_deviation, 1e-4, 1e-6);
  EXPECT_EQ(Fit{}(numbers({1, 2})).encodings()[0].ignored_deviation, 0);
  EXPECT_EQ(Fit{}(numbers(std::vector<double>(10'000, 0.1))).encodings()[0].ignored_deviation, 0);
}

TEST(Encoder, WeighsRowsWithBothKindsOfWeights) {
  const auto weighted = Fit{.weights = {1, 2, 0.5}}(numbers({1, 2, 7}, {3, 1, 2}));
  const auto repeated = Fit{}(numbers({1, 1, 1, 2, 2, 7}));
  EXPECT_DOUBLE_EQ(weighted.encodings()[0].mean, repeated.encodings()[0].mean);
  EXPECT_DOUBLE_EQ(weighted.encodings()[0].scale, repeated.encodings()[0].scale);
}

TEST(Encoder, SeesOnlyTheRowsOfTheMask) {
  const auto masked =
      Fit{.mask = {1, 0, 1, 0}}(dataset_of({Column::float64("x", {1, 1e9, 2, nan}), texts("c", {"a", "b", "a", ""})}));
  const auto alone = Fit{}(dataset_of({Column::float64("x", {1, 2}), texts("c", {"a", "b"})}));
  EXPECT_EQ(masked.encodings()[0].mean, alone.encodings()[0].mean);
  EXPECT_EQ(masked.encodings()[0].scale, alone.encodings()[0].scale);
  EXPECT_FALSE(masked.encodings()[1].missing_column);
  EXPECT_TRUE(
      (Fit{.mask = {1, 0, 1, 1}}(dataset_of({Column::float64("x", {1, 1e9, 2, nan}), texts("c", {"a", "b", "a", ""})})))
          .encodings()[1]
          .missing_column);
}

TEST(Encoder, FillsWithZeroWhereEveryValueOfTheMaskIsMissing) {
  const auto encoder = Fit{.mask = {1, 0}}(numbers({nan, 3}));
  EXPECT_EQ(encoder.encodings()[0].fill, 0);
  EXPECT_EQ(encoder.encodings()[0].scale, 1);
  EXPECT_EQ(encode(encoder, {nan})[0], 0);
}

TEST(Encoder, IgnoresWhatRowsWithoutWeightHold) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto encoder = Fit{}(numbers({1, inf, 3}, {1, 0, 1}));
  EXPECT_EQ(encoder.encodings()[0].mean, 2);
  EXPECT_EQ(encoder.encodings()[0].scale, 1);
}

TEST(Encoder, RefusesInfiniteNumbers) {
  EXPECT_EQ(test::refusal([&] { Fit{}(numbers({1, std::numeric_limits<double>::infinity()})); }),
            "column \"x\" holds an infinite or enormous number, which has no mean and variance; replace it, or "
            "leave the column out with --exclude");
  EXPECT_THROW(Fit{}(numbers({1e308, -1e308})), Error);
}

TEST(Encoder, KeepsDigitsWhereTheMeanIsMuchLargerThanTheScale) {
  // 1e9 + {0, 1, 2, …} mod 3 over several blocks: the variance is 2/3 up to the remainder of the division.
  const std::size_t n = 3 * row_block;
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = 1e9 + static_cast<double>(i % 3);
  const auto encoder = Fit{}(numbers(x));
  EXPECT_DOUBLE_EQ(encoder.encodings()[0].mean, 1e9 + 1);
  EXPECT_NEAR(encoder.encodings()[0].scale, std::sqrt(2.0 / 3), 1e-13);
}

TEST(Encoder, GivesCategoriesOneColumnEachAndMissingOneWhereItOccurred) {
  const Dataset dataset =
      dataset_of({texts("c", {"b", "a", ""}), Column::float64("x", {1, 2, 3}), texts("d", {"p", "q", "p"})});
  const auto encoder = Fit{.standardize = false}(dataset);
  EXPECT_THAT(encoder.output_names(dataset.schema()), ElementsAre("c=a", "c=b", "c=(missing)", "x", "d=p", "d=q"));
  EXPECT_EQ(encoder.n_outputs(), 6u);
  EXPECT_EQ(encoder.first_output(1), 3u);
  EXPECT_EQ(encoder.n_categories(0), 2u);
  EXPECT_EQ(encoder.n_categories(1), 0u);
  EXPECT_THAT(encode(encoder, {1, 5, 0}), ElementsAre(0, 1, 0, 5, 1, 0));
  EXPECT_THAT(encode(encoder, {nan, 5, nan}), ElementsAre(0, 0, 1, 5, 0, 0));
  EXPECT_THAT(encode(encoder, {2, 5, 2}), ElementsAre(0, 0, 0, 5, 0, 0));
}

/// Two features over several blocks, the second of very different sizes and with missing values.
Dataset large_dataset() {
  const std::size_t n = 3 * row_block + 517;
  const Random random(7);
  std::vector<double> x(n), z(n), w(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = random.uniform(i);
    z[i] = i % 11 == 0 ? nan : 1e6 * random.uniform(n + i) - 3;
    w[i] = random.uniform(2 * n + i);
  }
  return dataset_of({Column::float64("x", std::move(x)), Column::float64("z", std::move(z))}, std::move(w));
}

void expect_equal_bits(const Encoder& a, const Encoder& b) {
  for (std::size_t j = 0; j < a.n_features(); ++j) {
    EXPECT_EQ(a.encodings()[j].mean, b.encodings()[j].mean);
    EXPECT_EQ(a.encodings()[j].scale, b.encodings()[j].scale);
    EXPECT_EQ(a.encodings()[j].fill, b.encodings()[j].fill);
  }
}

TEST(Encoder, IsTheSameForAnyNumberOfThreadsAndRanks) {
  const Dataset dataset = large_dataset();
  const LocalExecution sequential(1, 0, Backend::sequential);
  const Encoder expected = Encoder::fit(dataset, {}, {}, true, sequential);
  for (const int threads : {2, 5}) {
    const LocalExecution local(threads);
    expect_equal_bits(Encoder::fit(dataset, {}, {}, true, local), expected);
  }
  for (const int ranks : {1, 3, 6}) {
    run_thread_ranks(ranks, [&](Communicator& communicator) {
      Arena arena(2);
      const Execution execution{.arena = &arena, .communicator = &communicator};
      const Dataset shard = dataset.shard(communicator.rank(), communicator.size());
      expect_equal_bits(Encoder::fit(shard, {}, {}, true, execution), expected);
    });
  }
}

TEST(Encoder, AgreesWithAPlainTwoPassComputation) {
  const Dataset dataset = large_dataset();
  const LocalExecution local(2);
  const Encoder encoder = Encoder::fit(dataset, {}, {}, true, local);
  std::vector<double> values(dataset.n_rows());
  for (std::size_t j = 0; j < 2; ++j) {
    dataset.reader().read_feature(j, 0, values);
    long double weight = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) continue;
      weight += dataset.weights()[i];
      sum += static_cast<long double>(dataset.weights()[i]) * values[i];
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) continue;
      squares += dataset.weights()[i] * (values[i] - sum / weight) * (values[i] - sum / weight);
    }
    const auto mean = static_cast<double>(sum / weight);
    const auto scale = static_cast<double>(std::sqrt(squares / weight));
    EXPECT_NEAR(encoder.encodings()[j].mean, mean, 1e-14 * scale);
    EXPECT_NEAR(encoder.encodings()[j].scale, scale, 1e-14 * scale);
  }
}

}  // namespace
}  // namespace thrum
