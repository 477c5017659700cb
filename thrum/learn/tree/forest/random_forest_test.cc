#include "thrum/learn/tree/forest/random_forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "thrum/core/most_probable.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/tree/forest/extra_trees.h"
#include "thrum/learn/tree/forest/forest_testing_internal.h"
#include "thrum/learn/tree/forest/number_keys_internal.h"

namespace thrum {
namespace {

using testing_data::TreeRows;

RandomForestOptions few_trees(int n = 8) {
  RandomForestOptions options;
  options.n_estimators = n;
  return options;
}

std::unique_ptr<TreeModel> fit(const TreeRows& rows, const RandomForestOptions& options, std::uint64_t seed = 0) {
  return RandomForest().fit(rows.dataset(), options, LocalExecution(2, seed));
}

/// How many of the rows the model puts into their class.
double accuracy(const Model& model, const TreeRows& rows) {
  const std::vector<double> probabilities = predict(model, *rows.table(), LocalExecution(2));
  const MatrixView<const double> view(probabilities.data(), rows.n_rows, rows.n_classes);
  const std::vector<std::size_t> classes = most_probable(view);
  double n = 0;
  for (std::size_t i = 0; i < rows.n_rows; ++i) n += classes[i] == static_cast<std::size_t>(rows.label(i)) ? 1 : 0;
  return n / static_cast<double>(rows.n_rows);
}

std::string error_of(const TreeRows& rows, const RandomForestOptions& options, const Model* start = nullptr) {
  const Options described(options, RandomForestOptions::fields());
  const FitSpec spec{.options = &described, .start = start};
  return test::refusal([&] { RandomForest().fit_many(rows.dataset(), std::span(&spec, 1), LocalExecution(1)); });
}

TEST(RandomForest, AveragesItsTrees) {
  const TreeRows rows{.n_rows = 600, .n_classes = 0};
  const auto model = fit(rows, few_trees(5));
  const TreeEnsemble& ensemble = model->ensemble();
  ASSERT_EQ(ensemble.trees.size(), 5);
  std::vector<double> mean(rows.n_rows, 0.0);
  for (const Tree& tree : ensemble.trees) {
    TreeModel::Parts parts{"random-forest", model->schema(), {.trees = {tree}}, {}};
    const std::vector<double> one = predict(TreeModel(parts), *rows.table(), LocalExecution(1));
    for (std::size_t i = 0; i < one.size(); ++i) mean[i] += one[i] / 5;
  }
  const std::vector<double> predicted = predict(*model, *rows.table(), LocalExecution(1));
  for (std::size_t i = 0; i < mean.size(); ++i) ASSERT_NEAR(predicted[i], mean[i], 1e-12);
}

TEST(RandomForest, PredictsMajorityClassWhenMaxDepthIsZero) {
  RandomForestOptions options = few_trees();
  options.max_depth = 0;
  const TreeRows rows{.n_rows = 600, .n_classes = 3};
  double n_of_middle = 0;
  for (std::size_t i = 0; i < rows.n_rows; ++i) n_of_middle += rows.label(i) == 1 ? 1 : 0;
  EXPECT_EQ(accuracy(*fit(rows, options), rows), n_of_middle / 600);
}

TEST(RandomForest, KnowsRowsThatItNeverSawBetterThanOneTree) {
  const TreeRows seen{.seed = 3, .n_rows = 2000, .n_classes = 3, .missing = true};
  const TreeRows unseen{.seed = 4, .n_rows = 2000, .n_classes = 3, .missing = true};
  EXPECT_GT(accuracy(*fit(seen, few_trees(60)), unseen), accuracy(*fit(seen, few_trees(1)), unseen) + 0.02);
}

TEST(RandomForest, DrawsTwoThirdsOfTheRowsForATree) {
  const TreeRows rows{.n_rows = 10'000, .n_classes = 2};
  RandomForestOptions options = few_trees(1);
  options.max_leaf_nodes = 2;
  const Tree tree = fit(rows, options)->ensemble().trees.front();
  EXPECT_EQ(tree.nodes.front().weight, 10'000);  // with repetitions
  options.max_samples = 0.25;
  EXPECT_EQ(fit(rows, options)->ensemble().trees.front().nodes.front().weight, 2'500);
  options.max_samples = 77;
  EXPECT_EQ(fit(rows, options)->ensemble().trees.front().nodes.front().weight, 77);
}

TEST(RandomForest, ChangesWithTheSeed) {
  const TreeRows rows{.n_rows = 300};
  EXPECT_NE(serialize(*fit(rows, few_trees(), 1)), serialize(*fit(rows, few_trees(), 2)));
  EXPECT_EQ(serialize(*fit(rows, few_trees(), 1)), serialize(*fit(rows, few_trees(), 1)));
}

TEST(RandomForest, DrawsFeaturesAnewForEveryNode) {
  const TreeRows rows{.n_rows = 2000, .n_classes = 2};
  RandomForestOptions options = few_trees(30);
  options.max_features = "1";
  options.max_leaf_nodes = 2;
  std::set<std::int32_t> at_the_root;
  const auto model = fit(rows, options);
  for (const Tree& tree : model->ensemble().trees) at_the_root.insert(tree.nodes.front().feature);
  EXPECT_EQ(at_the_root.size(), TreeRows::n_features);
}

TEST(RandomForest, GoesOnFromAStart) {
  const TreeRows rows{.n_rows = 400, .n_classes = 3};
  const auto start = fit(rows, few_trees(3));
  const Options described(few_trees(7), RandomForestOptions::fields());
  const FitSpec spec{.options = &described, .start = start.get()};
  const auto models = RandomForest().fit_many(rows.dataset(), std::span(&spec, 1), LocalExecution(2));
  EXPECT_EQ(serialize(*models.front()), serialize(*fit(rows, few_trees(7))));
}

TEST(RandomForest, WeighsRowsAndClasses) {
  const TreeRows rows{.n_rows = 500, .n_classes = 2, .weighted = true};
  RandomForestOptions options = few_trees(1);
  options.bootstrap = false;
  options.max_leaf_nodes = 2;
  options.class_weight = "k0=0,k1=2";
  const auto model = fit(rows, options);
  EXPECT_THAT(model->ensemble().trees.front().leaf_values, testing::ElementsAre(1));
}

TEST(OutOfBag, IsAsGoodAsRowsHeldOut) {
  const TreeRows rows{.seed = 3, .n_rows = 3000, .n_classes = 2};
  const OutOfBagFit fit = RandomForest().fit_out_of_bag(rows.dataset(), few_trees(50), LocalExecution(2));
  const double held_out = accuracy(*fit.model, {.seed = 4, .n_rows = 3000, .n_classes = 2});
  EXPECT_NEAR(fit.out_of_bag.score, held_out, 0.025);
  EXPECT_EQ(fit.model->training().objective, fit.out_of_bag.error);
  EXPECT_LT(fit.out_of_bag.score, accuracy(*fit.model, rows));
}

TEST(OutOfBag, HasProbabilitiesOfAllRowsThatATreeLeftOut) {
  const TreeRows rows{.n_rows = 500, .n_classes = 3};
  const OutOfBagFit fit = RandomForest().fit_out_of_bag(rows.dataset(), few_trees(3), LocalExecution(2));
  const std::vector<double>& p = fit.out_of_bag.predictions;
  ASSERT_EQ(p.size(), 1500);
  std::size_t n_without = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    n_without += std::isnan(p[3 * i]) ? 1 : 0;
    if (std::isnan(p[3 * i])) continue;
    ASSERT_NEAR(p[3 * i] + p[3 * i + 1] + p[3 * i + 2], 1, 1e-9);
  }
  EXPECT_NEAR(static_cast<double>(n_without) / 500, std::pow(1 - std::exp(-1), 3), 0.08);
}

TEST(OutOfBag, ScoresNumbersByTheirVariance) {
  const TreeRows rows{.n_rows = 3000, .n_classes = 0};
  const OutOfBagFit fit = RandomForest().fit_out_of_bag(rows.dataset(), few_trees(30), LocalExecution(2));
  EXPECT_GT(fit.out_of_bag.score, 0.8);
  EXPECT_LT(fit.out_of_bag.score, 1);
}

TEST(ExtraTrees, LearnsFromEveryRow) {
  const TreeRows rows{.n_rows = 700, .n_classes = 3, .missing = true, .n_categories = 20};
  ExtraTreesOptions options;
  options.n_estimators = 5;
  const auto model = ExtraTrees().fit(rows.dataset(), options, LocalExecution(2));
  EXPECT_EQ(accuracy(*model, rows), 1);
}

/// y is `label` of each row of one column.
Dataset two_classes(Column x, const std::function<bool(std::size_t)>& label) {
  std::vector<std::int32_t> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(label(i) ? 1 : 0);
  return Dataset(std::make_shared<const Table>(
                     std::vector<Column>{std::move(x), Column::category("y", std::move(y), {"no", "yes"})}, "made"),
                 {.target = "y"});
}

TEST(ExtraTrees, TellsSecondsOfAYearApart) {
  std::vector<double> x;
  for (int i = 0; i < 999; ++i) x.push_back(1.7e9 + i);
  const auto is_odd = [](std::size_t i) { return i % 2 == 1; };
  const Dataset dataset = two_classes(Column::float64("x", std::move(x)), is_odd);
  ExtraTreesOptions options;
  options.n_estimators = 2;
  const auto model = ExtraTrees().fit(dataset, options, LocalExecution(2));
  for (const Tree& tree : model->ensemble().trees) EXPECT_EQ(tree.n_leaves(), 999);
}

TEST(ExtraTrees, StoresFewOfManyCategoriesShortly) {
  constexpr std::size_t n = 20'000;
  std::vector<std::int32_t> codes(n);
  std::iota(codes.begin(), codes.end(), 0);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < n; ++i) names.push_back(std::to_string(n + i));
  const auto is_rare = [](std::size_t i) { return i % 7 == 3; };
  const Dataset dataset = two_classes(Column::category("c", codes, names), is_rare);
  ExtraTreesOptions options;
  options.n_estimators = 1;
  const auto model = ExtraTrees().fit(dataset, options, LocalExecution(2));
  const Tree& tree = model->ensemble().trees.front();
  EXPECT_GT(tree.nodes.size(), n / 10);
  EXPECT_LT(tree.category_bits.size(), tree.nodes.size() * 60);  // a bit of each were 313 words
  const Table table({Column::category("c", std::move(codes), std::move(names))}, "made");
  const std::vector<double> predicted = predict(*model, table, LocalExecution(2));
  for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(predicted[2 * i + 1], is_rare(i) ? 1 : 0) << i;
}

TEST(NumberKeys, AreInTheOrderOfTheFloats) {
  constexpr float largest = std::numeric_limits<float>::max();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::uint32_t last = 0;
  for (const float x : {-infinity, -largest, -1.0F, -1e-40F, 0.0F, 1e-40F, 1.0F, 1.5F, largest, infinity}) {
    EXPECT_GT(forest::key_of_float(x), last) << x;
    last = forest::key_of_float(x);
    EXPECT_EQ(forest::float_of_key(last), x);
  }
  EXPECT_LT(last, forest::key_above_all);
  EXPECT_EQ(forest::key_of_float(-0.0F), forest::key_of_float(0.0F));
}

TEST(NumberKeys, StandForThresholdsThatPartTheSameNumbers) {
  const std::vector<std::vector<double>> features = {
      {1.7e9, 1.7e9 + 1, 1.7e9 + 2}, {-1e300, -1, 0, 1e-300, 3, 1e300}, {0.1, 0.3, 0.7}, {0}, {-5, -4.5}};
  for (const std::vector<double>& lowest : features) {
    const RankMap map{.lowest = lowest};
    const auto ranks = forest::RankKeys::of(map);
    for (std::size_t r = 1; r < map.n_ranks(); ++r) {
      const double threshold = ranks.threshold(map, ranks.keys[r]);
      EXPECT_GE(threshold, lowest[r - 1]);
      if (r + 1 == map.n_ranks() || ranks.keys[r] == ranks.keys[r + 1]) continue;
      EXPECT_LT(threshold, lowest[r]);
    }
  }
  const auto seconds = forest::NumberCode::of(features[0]);
  EXPECT_EQ(seconds.number(seconds.key(1.7e9 + 1)), 1.7e9 + 1);
}

TEST(RandomForestErrors, NameWhatDoesNotGoTogether) {
  RandomForestOptions options = few_trees();
  options.bootstrap = false;
  options.oob_score = true;
  EXPECT_EQ(error_of({}, options), "[random-forest] oob_score needs bootstrap; without it every tree sees every row");
}

TEST(RandomForestErrors, NameAStartThatDoesNotFit) {
  const auto start = fit({}, few_trees(9));
  EXPECT_EQ(error_of({}, few_trees(8), start.get()),
            "[random-forest] the start has 9 trees already, n_estimators is 8; raise n_estimators: it counts the trees "
            "of the start, too");
  EXPECT_EQ(error_of({.n_classes = 3}, few_trees(10), start.get()),
            "[random-forest] the start is a model of another algorithm or of other columns; start from a model of the "
            "same learner, trained on the same columns and categories");
}

}  // namespace
}  // namespace thrum
