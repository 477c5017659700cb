#include "thrum/learn/tree/forest/isolation_forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/tree/forest/isolation_sample_internal.h"
#include "thrum/learn/tree/forest/isolation_tree_internal.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/model/c_api.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class IsolationForestTest : public testing::Test {
 protected:
  const LocalExecution execution{2};
  IsolationForestOptions options;

  static std::shared_ptr<const Table> table_of(std::vector<Column> columns) {
    return std::make_shared<const Table>(std::move(columns), "rows.csv");
  }
  static std::shared_ptr<const Table> table_of(std::vector<double> x) {
    return table_of({Column::float64("x", std::move(x))});
  }
  /// Normal numbers in two columns, and a last row far away.
  static std::vector<Column> crowd(std::size_t n) {
    const Random random(3);
    std::vector<std::vector<double>> x(2);
    for (std::size_t i = 0; i < 2 * n; ++i) x[i % 2].push_back(i + 2 < 2 * n ? random.normal(i) : 9);
    return {Column::float64("a", x[0]), Column::float64("b", x[1])};
  }
  static Dataset dataset_of(const std::shared_ptr<const Table>& table, Dataset::Options rows = {.target = ""}) {
    rows.task = Task::anomaly;
    return Dataset(table, rows);
  }
  std::vector<double> scores_of(const std::shared_ptr<const Table>& table) const {
    return predict(*IsolationForest().fit(dataset_of(table), options, execution), *table, execution);
  }
  std::string refusal(const Dataset& dataset, const FitSpec& spec) const {
    return test::refusal([&] { IsolationForest().fit_many(dataset, std::span(&spec, 1), execution); });
  }
};

TEST(AveragePathLength, IsThatOfABinarySearchTree) {
  EXPECT_EQ(forest::average_path_length(0), 0);
  EXPECT_EQ(forest::average_path_length(1), 0);
  EXPECT_EQ(forest::average_path_length(2), 1);
  EXPECT_NEAR(forest::average_path_length(256), 10.244770920119917, 1e-12);  // scikit-learn's
}

TEST_F(IsolationForestTest, ScoresTwoRowsAHalf) {
  const std::vector<double> scores = scores_of(table_of(std::vector<double>{1, 5}));
  EXPECT_NEAR(scores[0], 0.5, 1e-12);  // every tree asks one question, as many as usual
  EXPECT_NEAR(scores[1], 0.5, 1e-12);
}

TEST_F(IsolationForestTest, FindsEqualRowsNormal) {
  const auto table = table_of(std::vector<double>(100, 7.0));
  const auto model = IsolationForest().fit(dataset_of(table), options, execution);
  for (const double score : predict(*model, *table, execution)) {
    EXPECT_NEAR(score, 0.5, 1e-12);
    EXPECT_EQ(model->schema().target.label(score), "normal");
  }
}

TEST_F(IsolationForestTest, ScoresTheRowThatStandsApartHighest) {
  const auto table = table_of(crowd(500));
  const auto model = IsolationForest().fit(dataset_of(table), options, execution);
  const std::vector<double> scores = predict(*model, *table, execution);
  EXPECT_EQ(std::ranges::max_element(scores) - scores.begin(), 499);
  EXPECT_GT(scores.back(), 0.7);
  EXPECT_EQ(model->schema().target.label(scores.back()), "anomaly");
  EXPECT_EQ(model->training().iterations, 100U);
  EXPECT_EQ(model->training().n_rows, 500U);
}

TEST_F(IsolationForestTest, AsksAtMostEightQuestionsOf256Rows) {
  const auto model = IsolationForest().fit(dataset_of(table_of(crowd(500))), options, execution);
  for (const Tree& tree : model->ensemble().trees) {
    EXPECT_EQ(std::accumulate(tree.leaf_weights.begin(), tree.leaf_weights.end(), 0.0), 256);
    EXPECT_LE(std::ranges::max(tree.leaf_values), 8 + forest::average_path_length(256));
    EXPECT_LE(tree.nodes.size(), 255U);
  }
}

TEST_F(IsolationForestTest, FindsARareCategory) {
  std::vector<std::int32_t> codes(300);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::int32_t>(i % 3);
  codes[17] = 3;
  const auto table = table_of({Column::category("colour", codes, {"blue", "green", "red", "violet"})});
  options.max_samples = 300;
  const std::vector<double> scores = scores_of(table);
  EXPECT_EQ(std::ranges::max_element(scores) - scores.begin(), 17);
}

TEST_F(IsolationForestTest, FindsTheRowWhoseValueIsMissing) {
  std::vector<double> x(200, 4.0);
  x[31] = nan;
  options.max_samples = 200;
  const std::vector<double> scores = scores_of(table_of(std::move(x)));
  EXPECT_EQ(std::ranges::max_element(scores) - scores.begin(), 31);
}

TEST_F(IsolationForestTest, TakesInfinitiesForTheLargestNumbers) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double score : scores_of(table_of({-infinity, 0, 1, infinity, nan, -0.0}))) {
    EXPECT_GT(score, 0);
    EXPECT_LT(score, 1);
  }
}

TEST_F(IsolationForestTest, LooksAtNoMoreFeaturesThanMaxFeatures) {
  options.max_features = 1.5;  // above 1 a number
  const auto model = IsolationForest().fit(dataset_of(table_of(crowd(100))), options, execution);
  for (const Tree& tree : model->ensemble().trees) {
    for (const TreeNode& node : tree.nodes) EXPECT_EQ(node.feature, tree.nodes.front().feature);
  }
}

TEST_F(IsolationForestTest, PutsTheThresholdWhereContaminationSays) {
  const auto table = table_of(crowd(301));
  options.contamination = "0.1";
  const auto model = IsolationForest().fit(dataset_of(table), options, execution);
  const std::vector<double> scores = predict(*model, *table, execution);
  const double threshold = model->schema().target.threshold;
  EXPECT_EQ(std::ranges::count_if(scores, [&](double score) { return score > threshold; }), 30);
}

TEST_F(IsolationForestTest, DoesNotLearnFromLabels) {
  std::vector<Column> columns = crowd(200);
  const auto plain = IsolationForest().fit(dataset_of(table_of(columns)), options, execution);
  std::vector<double> labels(200, 0.0);
  labels.back() = 1;
  labels.front() = nan;
  columns.push_back(Column::float64("fraud", labels));
  const auto labelled =
      IsolationForest().fit(dataset_of(table_of(std::move(columns)), {.target = "fraud"}), options, execution);
  EXPECT_EQ(labelled->ensemble(), plain->ensemble());
  EXPECT_EQ(labelled->schema().target.classes, (std::vector<std::string>{"0", "1"}));
}

TEST_F(IsolationForestTest, TakesTheRarerLabelForThatOfAnomalies) {
  std::vector<Column> columns = crowd(4);
  columns.push_back(Column::category("kind", {0, 1, 1, 1}, {"attack", "normal"}));
  const Dataset dataset = dataset_of(table_of(std::move(columns)), {.target = "kind"});
  EXPECT_EQ(dataset.schema().target.classes, (std::vector<std::string>{"normal", "attack"}));
  EXPECT_EQ(dataset.schema().features.size(), 2U);
}

TEST_F(IsolationForestTest, LeavesOutRowsOfMaskAndWeightZero) {
  const auto table = table_of(crowd(100));
  std::vector<std::uint8_t> mask(100, 1);
  mask[3] = 0;
  std::vector<double> weights(100, 2.5);
  weights[4] = 0;
  const Options described(options, IsolationForestOptions::fields());
  const FitSpec spec{.options = &described, .row_mask = mask, .weights = weights};
  EXPECT_EQ(IsolationForest().fit_many(dataset_of(table), {&spec, 1}, execution).front()->training().n_rows, 98U);
}

TEST_F(IsolationForestTest, IsTheSameAfterItWasSavedAndLoaded) {
  const auto table = table_of(crowd(300));
  options.contamination = "0.05";
  const auto model = IsolationForest().fit(dataset_of(table), options, execution);
  const auto loaded = deserialize(serialize(*model), "memory");
  EXPECT_EQ(loaded->algorithm(), "isolation-forest");
  EXPECT_EQ(loaded->schema().target.threshold, model->schema().target.threshold);
  EXPECT_EQ(predict(*loaded, *table, execution), predict(*model, *table, execution));
}

TEST_F(IsolationForestTest, IsAskedFromC) {
  std::vector<Column> columns = crowd(50);
  std::vector<std::int64_t> labels(50, 0);
  labels.back() = 1;
  columns.push_back(Column::int64("fraud", labels));
  const auto table = table_of(std::move(columns));
  const auto model = IsolationForest().fit(dataset_of(table, {.target = "fraud"}), options, execution);
  const test::TemporaryFolder folder;
  save_model(*model, folder.file("m.thrum"));
  const std::unique_ptr<thrum_model, decltype(&thrum_model_close)> opened(
      thrum_model_open(folder.file("m.thrum").c_str()), &thrum_model_close);
  ASSERT_NE(opened, nullptr) << thrum_last_error();
  EXPECT_EQ(thrum_model_n_outputs(opened.get()), 1U);
  EXPECT_EQ(thrum_model_class_name(opened.get(), 0), nullptr);  // labels are no classes
  const double row[] = {9, 9};
  double score = 0;
  EXPECT_EQ(thrum_predict(opened.get(), row, 1, &score), THRUM_OK);
  EXPECT_EQ(score, predict(*model, *table, execution).back());
}

TEST_F(IsolationForestTest, ExplainsTheLogarithmOfTheScore) {
  const auto table = table_of(crowd(300));
  const auto model = IsolationForest().fit(dataset_of(table), options, execution);
  const std::vector<double> scores = predict(*model, *table, execution);
  const std::vector<double> parts = explain(*model, *table, execution);  // two features and the base
  ASSERT_EQ(parts.size(), 3 * scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(parts[3 * i] + parts[3 * i + 1] + parts[3 * i + 2], std::log(scores[i]), 1e-9);
  }
  EXPECT_GT(parts[3 * 299], 0);  // both columns of the last row are unusual
  EXPECT_GT(parts[3 * 299 + 1], 0);
}

TEST_F(IsolationForestTest, RefusesWhatItCannotUse) {
  const Options described(options, IsolationForestOptions::fields());
  const FitSpec plain{.options = &described};
  const Dataset dataset = dataset_of(table_of(crowd(5)));
  EXPECT_EQ(refusal(dataset_of(table_of(std::vector<double>{3})), plain),
            "[isolation-forest] expected two training rows or more with a weight above 0, got 1");
  const std::vector<double> weights = {1, 0, 1, 2, 1};
  EXPECT_EQ(refusal(dataset, {.options = &described, .weights = weights}),
            "[isolation-forest] draws all rows alike, but their weights differ: 1 in row 1, 2 in row 4; leave the "
            "weights out; those of 0 may stay");
  IsolationForestOptions pairs = options;
  pairs.max_samples = 2;
  const Options described_pairs(pairs, IsolationForestOptions::fields());
  EXPECT_EQ(
      refusal(dataset, {.options = &described_pairs}),
      "[isolation-forest] max_samples draws 2 of 5 rows per tree, which gives all rows the same score; draw more, "
      "such as 256");
  const auto model = IsolationForest().fit(dataset, options, execution);
  EXPECT_EQ(refusal(dataset, {.options = &described, .start = model.get()}),
            "[isolation-forest] goes on from no other model; leave the start out, and raise n_estimators");
  const Dataset numbers(table_of(crowd(5)), {.target = "b", .task = Task::regression});
  EXPECT_EQ(refusal(numbers, plain),
            "[isolation-forest] expected a dataset in which anomalies are looked for; make it with Task::anomaly");
}

TEST_F(IsolationForestTest, HasOptionsWithinTheirRanges) {
  Options described = IsolationForest().default_options();
  for (const char* bad : {"0", "0.51", "-0.1", "many", ""}) {
    EXPECT_EQ(test::refusal([&] { described.set("contamination", bad); }),
              std::string("[contamination] expected auto or a share in (0, 0.5], got \"") + bad + "\"");
  }
  options.contamination = "0.7";
  EXPECT_NE(test::refusal([&] { IsolationForest().fit(dataset_of(table_of(crowd(9))), options, execution); }),
            "no error");
}

TEST_F(IsolationForestTest, HasLabelsOfTwoKindsOrNone) {
  std::vector<Column> columns = crowd(3);
  columns.push_back(Column::int64("kind", {1, 2, 3}));
  EXPECT_EQ(test::refusal([&] { dataset_of(table_of(columns), {.target = "kind"}); }),
            "target \"kind\" labels anomalies with 3 different values, not with two; leave the column out with "
            "--exclude, and --target, too");
}

TEST_F(IsolationForestTest, AloneNeedsNoTarget) {
  EXPECT_EQ(test::refusal([&] { Dataset(table_of(crowd(3)), {.target = "", .task = Task::regression}); }),
            "a regression needs a target; name the column to predict");
  EXPECT_EQ(test::refusal([&] { Gbdt().fit(dataset_of(table_of(crowd(3))), GbdtOptions(), execution); }),
            "[gbdt] expected a target to learn, the dataset looks for anomalies; name a target, or use "
            "isolation-forest");
}

TEST(DrawRows, TakesEachRowOnceWithoutReplacement) {
  const forest::SamplePlan plan{.n_rows = 1000, .n_drawn = 700, .seed = 9};
  std::vector<std::uint32_t> rows = draw_rows(plan, 4);
  EXPECT_EQ(rows.size(), 700U);
  EXPECT_EQ(std::ranges::adjacent_find(rows, std::ranges::greater_equal()), rows.end());
  EXPECT_LT(rows.back(), 1000U);
  EXPECT_NE(draw_rows(plan, 5), rows);
}

TEST(DrawRows, TakesEachRowEquallyOften) {
  const forest::SamplePlan plan{.n_rows = 10, .n_drawn = 3, .seed = 2};
  std::vector<int> counts(10);
  for (std::size_t t = 0; t < 10'000; ++t) {
    for (const std::uint32_t row : draw_rows(plan, t)) ++counts[row];
  }
  for (const int count : counts) EXPECT_NEAR(count, 3000, 250);  // more than five deviations
}

}  // namespace
}  // namespace thrum
