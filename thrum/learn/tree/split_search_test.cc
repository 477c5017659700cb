#include "thrum/learn/tree/split_search_internal.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/tree/histogram_internal.h"
#include "thrum/learn/tree/split_scan_internal.h"

namespace thrum {
namespace {

GradientSum sum_of(std::int32_t g, std::int32_t h) {
  return (static_cast<GradientSum>(g) << 32) + h;
}

BinnedFeature number(std::size_t index, std::size_t n_bins) {
  BinnedFeature feature;
  feature.feature = index;
  for (std::size_t b = 2; b < n_bins; ++b) feature.map.upper.push_back(static_cast<double>(b));
  feature.map.upper.push_back(std::numeric_limits<double>::infinity());
  return feature;
}

/// A histogram of one column.
struct Bins {
  std::vector<GradientSum> sums = std::vector<GradientSum>(histogram_stride);
  NodeSums node;

  explicit Bins(const std::vector<GradientSum>& given) {
    std::copy(given.begin(), given.end(), sums.begin());
    for (const GradientSum sum : given) {
      node.sum += sum;
      node.n_rows += static_cast<std::size_t>(hessian_of(sum));
    }
  }
};

Split best_split(const BinnedFeature& feature, const Bins& bins, const SplitRules& rules) {
  Split best;
  const SplitSearch search({&feature, 1}, rules, GradientGrid{});
  search.search(0, bins.sums.data(), search.begin(bins.node), best);
  return best;
}

TEST(SplitSearch, FindsTheBinWithTheLargestGain) {
  // Three bins of 10 rows each: the best cut is between -20, -20 and 50: (-40)^2/20 + 50^2/10 - 10^2/30.
  const Split split =
      best_split(number(0, 4), Bins({0, sum_of(-20, 10), sum_of(-20, 10), sum_of(50, 10)}), SplitRules{});
  EXPECT_EQ(split.last_left_bin, 2u);
  EXPECT_EQ(split.left, sum_of(-40, 20));
  EXPECT_DOUBLE_EQ(split.gain, 80 + 250 - 100.0 / 30);
}

TEST(SplitSearch, SendsMissingValuesWhereTheGainIsLarger) {
  const Split left = best_split(number(0, 3), Bins({sum_of(-9, 5), sum_of(-10, 5), sum_of(10, 5)}), {});
  EXPECT_TRUE(left.missing_left);
  EXPECT_TRUE(left.left_bins.contains(0));
  EXPECT_EQ(left.left, sum_of(-19, 10));
  const Split right = best_split(number(0, 3), Bins({sum_of(9, 5), sum_of(-10, 5), sum_of(10, 5)}), {});
  EXPECT_FALSE(right.missing_left);
  EXPECT_FALSE(right.left_bins.contains(0));
  EXPECT_EQ(right.left, sum_of(-10, 5));
}

TEST(SplitSearch, PartsMissingValuesFromAllOthers) {
  const Split split = best_split(number(0, 3), Bins({sum_of(50, 5), sum_of(-10, 5), sum_of(-10, 5)}), {});
  EXPECT_EQ(split.last_left_bin, 0u);
  EXPECT_TRUE(split.missing_left);
  EXPECT_EQ(split.left, sum_of(50, 5));
}

TEST(SplitSearch, PartsNoMissingValuesFromMinusInfinity) {
  SplitRules rules;
  rules.holds_lowest = {1};
  const Bins bins({sum_of(50, 5), sum_of(-10, 5), sum_of(-11, 5)});
  EXPECT_EQ(best_split(number(0, 3), bins, rules).last_left_bin, 1u);
  rules.max_delta_step = 1e9;
  EXPECT_EQ(best_split(number(0, 3), bins, rules).last_left_bin, 1u);
}

TEST(SplitSearch, FindsTheSameWithBounds) {
  SplitRules bounded;
  bounded.max_delta_step = 1e9;
  const Random random(12);
  for (std::size_t trial = 0; trial < 100; ++trial) {
    std::vector<GradientSum> sums;
    for (std::size_t b = 0; b < 20; ++b) {
      const std::size_t at = 100 * trial + b;
      sums.push_back(sum_of(static_cast<std::int32_t>(random.below(at, 200)) - 100,
                            1 + static_cast<std::int32_t>(random.below(at + 50, 9))));
    }
    if (trial % 2 == 0) sums[0] = 0;
    const Bins bins(sums);
    const Split plain = best_split(number(0, 20), bins, {});
    const Split other = best_split(number(0, 20), bins, bounded);
    EXPECT_EQ(plain.last_left_bin, other.last_left_bin);
    EXPECT_EQ(plain.missing_left, other.missing_left);
    EXPECT_NEAR(plain.gain, other.gain, 1e-9 * plain.gain);
  }
}

TEST(SplitSearch, SendsMissingValuesThatTrainingDidNotHaveToTheHeavierSide) {
  EXPECT_TRUE(best_split(number(0, 3), Bins({0, sum_of(-10, 7), sum_of(10, 5)}), {}).missing_left);
  EXPECT_FALSE(best_split(number(0, 3), Bins({0, sum_of(-10, 5), sum_of(10, 7)}), {}).missing_left);
}

TEST(SplitSearch, KeepsTheRules) {
  const Bins bins({0, sum_of(-30, 3), sum_of(-1, 10), sum_of(1, 10), sum_of(30, 30)});
  const BinnedFeature feature = number(0, 5);
  EXPECT_EQ(best_split(feature, bins, {}).last_left_bin, 1u);
  EXPECT_EQ(best_split(feature, bins, {.min_child_samples = 4}).last_left_bin, 2u);
  EXPECT_EQ(best_split(feature, bins, {.min_child_weight = 14}).last_left_bin, 3u);
  EXPECT_FALSE(best_split(feature, bins, {.min_child_weight = 27}));
  EXPECT_FALSE(best_split(feature, bins, {.min_split_gain = 1e4}));
  const double with_penalty = best_split(feature, bins, {.reg_alpha = 5, .reg_lambda = 2}).gain;
  EXPECT_DOUBLE_EQ(with_penalty, 25.0 * 25 / 5 + 25.0 * 25 / 52);
}

TEST(SplitSearch, PrefersTheFirstFeatureAndTheFirstBinOfEquals) {
  const std::vector<BinnedFeature> features = {number(7, 5), number(3, 5)};
  const Bins bins({0, sum_of(-10, 5), 0, 0, sum_of(10, 5)});
  const SplitRules rules;
  const SplitSearch search(features, rules, GradientGrid{});
  Split best;
  search.search(0, bins.sums.data(), search.begin(bins.node), best);
  EXPECT_EQ(best.last_left_bin, 1u);
  search.search(1, bins.sums.data(), search.begin(bins.node), best);
  EXPECT_EQ(best.feature, 1u);
  search.search(0, bins.sums.data(), search.begin(bins.node), best);
  EXPECT_EQ(best.feature, 1u);
}

TEST(SplitSearch, GivesAFeatureThatSharesItsColumnTheRowsItDoesNotStore) {
  BinnedFeature feature = number(0, 4);
  feature.is_bundled = true;
  feature.first_bin = 100;
  feature.most_frequent_bin = 2;
  std::vector<GradientSum> column(histogram_stride);
  column[3] = sum_of(-20, 10);  // of another feature: this one is in bin 2 there
  column[101] = sum_of(-20, 10);
  column[103] = sum_of(50, 10);
  Split split;
  const SplitRules rules;
  const SplitSearch search({&feature, 1}, rules, GradientGrid{});
  search.search(0, column.data(), search.begin({sum_of(10, 30), 30}), split);
  EXPECT_EQ(split.last_left_bin, 2u);
  EXPECT_EQ(split.left, sum_of(-40, 20));
  const GoesLeft left = goes_left(split, feature);
  EXPECT_EQ(left[3], 1);
  EXPECT_EQ(left[101], 1);
  EXPECT_EQ(left[102], 1);
  EXPECT_EQ(left[103], 0);
  EXPECT_EQ(left[255], 1);
}

/// Flags that share a column, and the sums of a node.
struct Flags {
  std::vector<BinnedFeature> features;
  std::vector<GradientSum> column = std::vector<GradientSum>(histogram_stride);
  NodeSums node;

  explicit Flags(std::uint64_t seed) {
    const Random random(seed);
    const auto some = [&](std::size_t at) {
      return sum_of(static_cast<std::int32_t>(random.below(at, 200)) - 100,
                    static_cast<std::int32_t>(random.below(at + 1000, 30)));
    };
    node = {column[0] = some(0) + sum_of(0, 1000), 1000};
    for (std::size_t f = 0; f < 40; ++f) {
      BinnedFeature flag = number(f, 3);
      flag.is_bundled = true;
      flag.first_bin = 1 + 3 * f;
      flag.most_frequent_bin = f % 5 == 0 ? 2 : 1;
      node.sum += column[flag.first_bin + (f % 5 == 0 ? 1 : 2)] = some(1 + f);
      features.push_back(flag);
    }
  }
};

TEST(SplitSearch, FindsTheSameForFlagsAtOnceAsForOneAfterTheOther) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Flags flags(seed);
    const std::vector<FlagColumn> columns = flag_columns(flags.features);
    ASSERT_EQ(columns.size(), 1u);
    std::vector<std::uint8_t> allowed(flags.features.size(), 1);
    if (seed % 2 == 1) std::fill_n(allowed.begin(), 20, std::uint8_t{0});
    for (const double max_delta_step : {0.0, 1e9}) {
      const SplitRules rules{.min_child_samples = 5, .max_delta_step = max_delta_step};
      const SplitSearch search(flags.features, rules, GradientGrid{});
      Split expected;
      for (std::size_t f = 0; f < allowed.size(); ++f) {
        if (allowed[f] != 0) search.search(f, flags.column.data(), search.begin(flags.node), expected);
      }
      Split found;
      search.search_flags(columns[0], allowed, flags.column.data(), search.begin(flags.node), found);
      EXPECT_GT(expected.gain, 0);
      EXPECT_EQ(found.feature, expected.feature);
      EXPECT_EQ(found.gain, expected.gain);
      EXPECT_EQ(found.left, expected.left);
      EXPECT_EQ(found.missing_left, expected.missing_left);
      EXPECT_EQ(found.last_left_bin, expected.last_left_bin);
    }
  }
}

TEST(FlagColumns, HoldOnlyNumbersOfTwoValuesThatShareAColumn) {
  std::vector<BinnedFeature> features(5, number(0, 3));
  for (std::size_t f = 0; f < 4; ++f) {
    features[f].is_bundled = true;
    features[f].column = 7;
    features[f].first_bin = 1 + 4 * f;
    features[f].most_frequent_bin = 1;
  }
  features[1].map.has_missing = true;
  features[2] = number(2, 4);
  features[2].is_bundled = true;
  const std::vector<FlagColumn> columns = flag_columns(features);
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(columns[0].column, 7u);
  EXPECT_EQ(columns[0].features, (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(columns[0].bytes, (std::vector<std::uint8_t>{3, 15}));
}

TEST(BinSet, HoldsTheBinsUpToTheLast) {
  for (const std::size_t last : {0, 1, 62, 63, 64, 127, 128, 254, 255}) {
    BinSet set;
    set.insert_up_to(last);
    for (std::size_t b = 0; b < 256; ++b) EXPECT_EQ(set.contains(b), b >= 1 && b <= last) << b << " of " << last;
  }
}

TEST(SplitScan, AgreesWithOneCandidateAfterTheOther) {
  const Random random(11);
  for (std::size_t trial = 0; trial < 200; ++trial) {
    const std::size_t n = 1 + random.below(trial, 255);
    std::vector<GradientSum> left(256 + scan_width);
    GradientSum total = 0;
    for (std::size_t i = 0; i <= n; ++i) {
      const std::uint64_t at = trial * 1000 + i;
      total += sum_of(static_cast<std::int32_t>(random.below(at, 2001)) - 1000,
                      static_cast<std::int32_t>(random.below(at + 500, 300)));
      if (i < n) left[i] = total;
    }
    const ScanRules rules{.l1 = 3, .l2 = 1.5f, .min_hessian = 400};
    ScanBest expected;
    expected.score = -1;
    for (std::size_t i = 0; i < n; ++i) {
      const auto g = [](GradientSum s) { return std::max(std::abs(static_cast<float>(gradient_of(s))) - 3.0f, 0.0f); };
      const auto h = [](GradientSum s) { return static_cast<float>(hessian_of(s)) + 1.5f; };
      const GradientSum right = total - left[i];
      if (hessian_of(left[i]) < 400 || hessian_of(right) < 400) continue;
      const float a = g(left[i]) * g(left[i]) * h(right);
      const float b = g(right) * g(right) * h(left[i]);
      const float score = (a + b) / (h(left[i]) * h(right));
      if (score > expected.score) expected = {score, static_cast<std::int32_t>(i)};
    }
    const ScanBest best = scan_splits(left.data(), n, 0, total, rules);
    EXPECT_EQ(best.bin, expected.bin);
    EXPECT_EQ(best.score, expected.score);
  }
}

}  // namespace
}  // namespace thrum
