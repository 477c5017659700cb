#include "thrum/learn/tree/forest/decision_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/learn/tree/forest/forest_testing_internal.h"

namespace thrum {
namespace {

using test::refusal;
using testing::ElementsAre;
using testing::IsEmpty;
using testing_data::TreeRows;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

std::shared_ptr<const Table> table_of(std::vector<Column> columns) {
  return std::make_shared<const Table>(std::move(columns), "test");
}

/// A regression of y on the other columns.
Dataset regression(std::vector<double> y, std::vector<Column> columns) {
  columns.push_back(Column::float64("y", std::move(y)));
  return Dataset(table_of(std::move(columns)), {.target = "y", .task = Task::regression});
}

Dataset regression(std::vector<double> y, std::vector<double> x) {
  return regression(std::move(y), std::vector{Column::float64("x", std::move(x))});
}

std::unique_ptr<TreeModel> fit(const Dataset& dataset, const DecisionTreeOptions& options = {}) {
  return DecisionTree().fit(dataset, options, LocalExecution(2));
}

const Tree& tree_of(const std::unique_ptr<TreeModel>& model) {
  return model->ensemble().trees.front();
}

/// What the model predicts for rows whose columns are those of `table`.
std::vector<double> predictions_of(const std::unique_ptr<TreeModel>& model, std::vector<Column> columns) {
  return predict(*model, Table(std::move(columns)), LocalExecution(1));
}

std::vector<double> predictions(const std::unique_ptr<TreeModel>& model, std::vector<double> x) {
  return predictions_of(model, std::vector{Column::float64("x", std::move(x))});
}

TEST(DecisionTree, SplitsInTheMiddleBetweenValues) {
  const auto model = fit(regression({1, 1, 5, 5}, std::vector<double>{0, 1, 2, 3}));
  ASSERT_EQ(tree_of(model).nodes.size(), 1);
  EXPECT_EQ(tree_of(model).nodes[0].threshold, 1.5);
  EXPECT_EQ(tree_of(model).nodes[0].weight, 4);
  EXPECT_EQ(tree_of(model).nodes[0].gain, 16);
  EXPECT_THAT(tree_of(model).leaf_values, ElementsAre(1, 5));
  EXPECT_THAT(predictions(model, {-7, 1.5, 1.6}), ElementsAre(1, 1, 5));
}

TEST(DecisionTree, PredictsTheMeanWhenMaxDepthIsZero) {
  DecisionTreeOptions options;
  options.max_depth = 0;
  const auto model = fit(regression({1, 2, 6}, std::vector<double>{0, 1, 2}), options);
  EXPECT_THAT(tree_of(model).nodes, IsEmpty());
  EXPECT_THAT(predictions(model, {0, 9}), ElementsAre(3, 3));
}

TEST(DecisionTree, PredictsTheSharesOfClasses) {
  TreeRows rows{.n_rows = 3000, .n_classes = 3};
  DecisionTreeOptions options;
  options.max_depth = 0;
  const auto model = fit(rows.dataset(), options);
  std::vector<double> shares(3, 0.0);
  for (std::size_t i = 0; i < rows.n_rows; ++i) shares[static_cast<std::size_t>(rows.label(i))] += 1;
  for (double& share : shares) share /= static_cast<double>(rows.n_rows);
  EXPECT_EQ(tree_of(model).leaf_values, shares);
}

TEST(DecisionTree, GrowsUntilEveryLeafIsPure) {
  const TreeRows rows{.n_rows = 2000, .n_classes = 2};
  const auto model = fit(rows.dataset());
  EXPECT_THAT(tree_of(model).leaf_values, testing::Each(testing::AnyOf(0.0, 1.0)));
  const std::vector<double> probabilities = predict(*model, *rows.table(), LocalExecution(1));
  for (std::size_t i = 0; i < rows.n_rows; ++i) ASSERT_EQ(probabilities[2 * i + 1], rows.label(i));
}

TEST(DecisionTree, MakesALeafOfAConstantTarget) {
  EXPECT_THAT(tree_of(fit(regression({0.1, 0.1, 0.1}, std::vector<double>{1, 2, 3}))).leaf_values, ElementsAre(0.1));
}

TEST(DecisionTree, SplitsWhereNoSingleSplitHelps) {
  const std::vector<double> y = {0, 1, 1, 0};
  const std::vector<double> a = {0, 0, 1, 1};
  const std::vector<double> b = {0, 1, 0, 1};
  const auto columns = [&] { return std::vector{Column::float64("a", a), Column::float64("b", b)}; };
  EXPECT_EQ(predictions_of(fit(regression(y, columns())), columns()), y);
}

TEST(DecisionTree, SendsMissingValuesWhereTheyBelong) {
  const auto model = fit(regression({9, 9, 1, 1, 9}, std::vector<double>{nan, nan, 1, 2, 3}));
  EXPECT_THAT(predictions(model, {nan, 1, 2.4, 2.6}), ElementsAre(9, 1, 1, 9));
}

TEST(DecisionTree, TellsMissingValuesFromAllOthers) {
  const auto model = fit(regression({5, 5, 1, 1}, std::vector<double>{nan, nan, 1, 2}));
  EXPECT_THAT(predictions(model, {nan, -inf, 0, 1e300}), ElementsAre(5, 1, 1, 1));
}

TEST(DecisionTree, SendsMissingValuesThatItNeverSawWithTheMost) {
  EXPECT_THAT(predictions(fit(regression({1, 5, 5}, std::vector<double>{1, 2, 3})), {nan}), ElementsAre(5));
  EXPECT_THAT(predictions(fit(regression({1, 1, 5}, std::vector<double>{1, 2, 3})), {nan}), ElementsAre(1));
}

TEST(DecisionTree, TakesInfiniteNumbersForTheLargest) {
  const auto model = fit(regression({1, 2, 2, 3}, std::vector<double>{-inf, -0.0, 0.0, inf}));
  EXPECT_THAT(predictions(model, {-inf, 0.0, -0.0, inf}), ElementsAre(1, 2, 2, 3));
}

TEST(DecisionTree, DividesCategoriesIntoTwoSets) {
  const std::vector<std::int32_t> codes = {0, 1, 2, 3, -1};
  const auto column = [&] { return Column::category("c", codes, {"a", "b", "c", "d"}); };
  const auto model = fit(regression({1, 5, 1, 5, 5}, {column()}));
  ASSERT_EQ(tree_of(model).nodes.size(), 1);
  EXPECT_THAT(tree_of(model).category_bits, ElementsAre(0b0101));
  EXPECT_THAT(predictions_of(model, {column()}), ElementsAre(1, 5, 1, 5, 5));
  EXPECT_THAT(predictions_of(model, {Column::category("c", {0}, {"never seen"})}), ElementsAre(5));
}

TEST(DecisionTree, TellsAHundredThousandCategoriesApart) {
  constexpr std::int32_t n = 100'000;
  std::vector<std::int32_t> codes;
  std::vector<std::string> names;
  std::vector<double> y;
  for (std::int32_t i = 0; i < n; ++i) {
    codes.push_back(i);
    names.push_back(std::to_string(n + i));
    y.push_back(i % 3 == 0 || i > 65'534 ? 1 : 0);  // those beyond the last rank are as one
  }
  const auto column = [&] { return Column::category("c", codes, names); };
  const auto model = fit(regression(y, {column()}));
  EXPECT_EQ(tree_of(model).nodes.size(), 1);
  EXPECT_EQ(predictions_of(model, {column()}), y);
}

TEST(DecisionTree, IgnoresAFeatureThatIsMissingInEveryTrainingRow) {
  const std::vector<std::uint8_t> mask = {1, 1, 0};
  const Dataset dataset = regression({1, 2, 3}, {Column::float64("x", {nan, nan, 4}), Column::float64("z", {1, 2, 3})});
  const Options options = DecisionTree().default_options();
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto models = DecisionTree().fit_many(dataset, std::span(&spec, 1), LocalExecution(1));
  EXPECT_EQ(static_cast<const TreeModel&>(*models[0]).ensemble().trees[0].nodes[0].feature, 1);
}

TEST(DecisionTree, LearnsOneClassOnly) {
  const std::vector<std::uint8_t> mask = {1, 0, 1};
  const Dataset dataset(table_of({Column::float64("x", {1, 2, 3}), Column::category("y", {1, 0, 1}, {"no", "yes"})}),
                        {.target = "y"});
  const Options options = DecisionTree().default_options();
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto models = DecisionTree().fit_many(dataset, std::span(&spec, 1), LocalExecution(1));
  EXPECT_THAT(static_cast<const TreeModel&>(*models[0]).ensemble().trees[0].leaf_values, ElementsAre(1));
}

TEST(DecisionTree, SplitsOneOf65536Columns) {
  std::vector<Column> columns;
  for (std::int64_t j = 0; j < 65'536; ++j) {
    columns.push_back(Column::int64(std::to_string(j), {0, j == 65'535 ? 1 : 0, 0}));
  }
  const auto model = fit(regression({1, 2, 1}, std::move(columns)));
  ASSERT_EQ(tree_of(model).nodes.size(), 1);
  EXPECT_EQ(tree_of(model).nodes[0].feature, 65'535);
}

TEST(DecisionTree, IsTheSameForAFoldAsForItsRowsAlone) {
  const TreeRows rows{.n_rows = 500, .n_classes = 3};
  std::vector<std::uint8_t> mask(rows.n_rows, 1);
  std::fill(mask.begin() + 300, mask.end(), 0);
  const Options options = DecisionTree().default_options();
  const std::vector<FitSpec> specs = {{.options = &options}, {.options = &options, .row_mask = mask}};
  const auto models = DecisionTree().fit_many(rows.dataset(), specs, LocalExecution(2));
  const TreeRows alone{.n_rows = 300, .n_classes = 3};
  EXPECT_EQ(serialize(*models[1]), serialize(*fit(alone.dataset())));
}

TEST(DecisionTree, DrawsThresholdsWhenTheSplitterIsRandom) {
  DecisionTreeOptions options;
  options.splitter = "random";
  const TreeRows rows{.n_rows = 500, .n_classes = 0, .missing = true, .n_categories = 9};
  const auto model = fit(rows.dataset(), options);
  EXPECT_NE(tree_of(model).nodes[0].threshold, tree_of(fit(rows.dataset())).nodes[0].threshold);
  const std::vector<double> predicted = predict(*model, *rows.table(), LocalExecution(1));
  for (std::size_t i = 0; i < rows.n_rows; ++i) ASSERT_NEAR(predicted[i], rows.y(i), 1e-12);
}

TEST(DecisionTree, ChoosesTheTaskByTheCriterionOrTheTarget) {
  const DecisionTree learner;
  Options options = learner.default_options();
  const Column zeros_and_ones = Column::int64("y", {0, 1, 0});
  EXPECT_EQ(learner.task(options, zeros_and_ones), Task::classification);
  options.set("criterion", "absolute_error");
  EXPECT_EQ(learner.task(options, zeros_and_ones), Task::regression);
  options.set("criterion", "entropy");
  EXPECT_EQ(learner.task(options, Column::int64("y", {1, 1000})), Task::classification);
}

TEST(DecisionTreeErrors, NameACriterionThatDoesNotFit) {
  DecisionTreeOptions options;
  options.criterion = "gini";
  EXPECT_EQ(
      refusal([&] { fit(regression({1, 2}, std::vector<double>{1, 2}), options); }),
      "[decision-tree] criterion gini is for classes, \"y\" is a number; use squared_error, absolute_error or poisson");
  options.criterion = "poisson";
  EXPECT_EQ(refusal([&] { fit(TreeRows{}.dataset(), options); }),
            "[decision-tree] criterion poisson is for numbers, \"y\" is a class; use gini, entropy or log_loss");
  EXPECT_EQ(refusal([&] { fit(regression({1, -2}, std::vector<double>{1, 2}), options); }),
            "[decision-tree] criterion poisson expects targets of 0 or more, got -2 in row 2; use squared_error");
  EXPECT_EQ(refusal([&] { fit(regression({0, 0}, std::vector<double>{1, 2}), options); }),
            "[decision-tree] criterion poisson expects a target above 0, all are 0; use squared_error");
}

TEST(DecisionTreeErrors, NameRowsWithoutWeight) {
  const std::vector<double> weights = {0, 0};
  const Options options = DecisionTree().default_options();
  const FitSpec spec{.options = &options, .weights = weights};
  const Dataset dataset = regression({1, 2}, std::vector<double>{1, 2});
  EXPECT_EQ(refusal([&] { DecisionTree().fit_many(dataset, std::span(&spec, 1), LocalExecution(1)); }),
            "[decision-tree] no training row has a weight above 0; train on rows with weights above 0");
}

TEST(DecisionTreeErrors, NameTargetsThatAreTooLarge) {
  EXPECT_EQ(refusal([&] { fit(regression({1, -1e200}, std::vector<double>{1, 2})); }),
            "[decision-tree] expected targets from -1e150 to 1e150, \"y\" is -1e+200 in row 2; divide them all by the "
            "same number");
}

TEST(DecisionTreeErrors, NameBadOptions) {
  Options options = DecisionTree().default_options();
  EXPECT_EQ(refusal([&] { options.set("max_features", "many"); }),
            "[max_features] expected auto, all, sqrt, log2, a number of features or a fraction in (0, 1), got "
            "\"many\"");
  EXPECT_EQ(refusal([&] { options.set("class_weight", "yes"); }),
            "[class_weight] expected none, balanced, or label=weight,label=weight with weights of 0 or more, got "
            "\"yes\"");
}

}  // namespace
}  // namespace thrum
