#include "thrum/model/permutation_importance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/model/partial_dependence.h"
#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

/// Predicts 10 where n0 > 0, else 0, and does not look at n1; a category c0 of "100001" adds 1.
TreeModel step_model() {
  const Schema schema = model_test::tree_schema(2, {3}, 0);
  TreeEnsemble ensemble;
  Tree step;
  step.nodes = {TreeNode{}};
  step.nodes[0].left = -1;
  step.nodes[0].right = -2;
  step.leaf_values = {0, 10};
  step.leaf_weights = {1, 1};
  Tree of_category = step;
  of_category.nodes[0].feature = 2;
  of_category.nodes[0].category_set = 0;
  of_category.category_bits = {0b101};
  of_category.leaf_values = {0, 1};
  ensemble.trees = {step, of_category};
  return model_test::tree_model("gbdt", schema, ensemble);
}

Table table_of(std::size_t n_rows) {
  const Random random(5);
  std::vector<double> n0(n_rows), n1(n_rows);
  std::vector<std::int32_t> c0(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    n0[i] = i % 2 == 0 ? -1 : 1;
    n1[i] = random.normal(i);
    c0[i] = static_cast<std::int32_t>(i % 3);
  }
  return Table({Column::float64("n0", n0), Column::float64("n1", n1),
                Column::category("c0", c0, {"100000", "100001", "100002"})});
}

/// Minus the squared distance of the predictions from what they are for the rows as they are.
std::vector<PermutationImportance> importances(const Table& table, int threads, std::uint64_t seed) {
  const TreeModel model = step_model();
  const LocalExecution execution(threads, seed);
  const std::vector<double> y = predict(model, table, execution);
  const auto score = [&](MatrixView<const double> outputs) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum -= (outputs(i, 0) - y[i]) * (outputs(i, 0) - y[i]);
    return sum / static_cast<double>(y.size());
  };
  return permutation_importance(model, table, score, 4, execution);
}

TEST(PermutationImportance, IsLargeForWhatThePredictionHangsOn) {
  const auto found = importances(table_of(3000), 2, 1);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_NEAR(found[0].mean, 50, 3);  // half of the rows get the other value, 10 away
  EXPECT_EQ(found[1].mean, 0);        // the model does not look at it
  EXPECT_EQ(found[1].deviation, 0);
  EXPECT_NEAR(found[2].mean, 4.0 / 9, 0.05);
  EXPECT_GT(found[0].deviation, 0);
}

TEST(PermutationImportance, DependsOnTheSeedAndNotOnTheThreads) {
  const Table table = table_of(1000);
  const auto one = importances(table, 1, 1);
  const auto five = importances(table, 5, 1);
  for (std::size_t j = 0; j < one.size(); ++j) EXPECT_EQ(one[j].mean, five[j].mean);
  EXPECT_NE(importances(table, 1, 2)[0].mean, one[0].mean);
}

PartialDependence dependence(const Table& table, const std::string& feature, PartialDependenceOptions options = {}) {
  return partial_dependence(step_model(), table, feature, options, LocalExecution(2));
}

TEST(PartialDependence, AveragesThePredictionsOverTheOtherFeatures) {
  const Table table = table_of(600);
  const PartialDependence of_n0 = dependence(table, "n0");
  EXPECT_EQ(of_n0.values, (std::vector<double>{-1, 1}));
  ASSERT_EQ(of_n0.outputs.size(), 2U);
  EXPECT_NEAR(of_n0.outputs[0], 1.0 / 3, 1e-12);
  EXPECT_NEAR(of_n0.outputs[1], 10 + 1.0 / 3, 1e-12);
  EXPECT_EQ(dependence(table, "c0").outputs, (std::vector<double>{5, 6, 5}));
}

TEST(PartialDependence, TakesAsManyValuesAndRowsAsAllowed) {
  const Table table = table_of(600);
  const PartialDependence found = dependence(table, "n1", {.points = 5, .most_rows = 6});
  EXPECT_EQ(found.values.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(found.values));
  EXPECT_EQ(found.values.front(), std::ranges::min(table.columns()[1].float64()));
  EXPECT_EQ(found.values.back(), std::ranges::max(table.columns()[1].float64()));
}

TEST(PartialDependence, NamesTheNearestFeature) {
  EXPECT_EQ(test::refusal([&] { dependence(table_of(2), "n00"); }),
            "[partial dependence] the model has no feature \"n00\"; nearest: \"n0\"");
}

TEST(PartialDependence, RefusesAFeatureWithoutValues) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Table table(
      {Column::float64("n0", {nan}), Column::float64("n1", {1}), Column::category("c0", {0}, {"100000"})});
  EXPECT_EQ(test::refusal([&] { dependence(table, "n0"); }), "[partial dependence] \"n0\" is missing in every row");
}

}  // namespace
}  // namespace thrum
