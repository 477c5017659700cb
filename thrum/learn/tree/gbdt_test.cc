#include "thrum/learn/tree/gbdt.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum {
namespace {

Dataset numbers(std::vector<double> x, std::vector<double> y) {
  std::vector<Column> columns;
  columns.push_back(Column::float64("x", std::move(x)));
  columns.push_back(Column::float64("y", std::move(y)));
  Dataset::Options options;
  options.target = "y";
  options.task = Task::regression;
  return Dataset(std::make_shared<const Table>(std::move(columns)), options);
}

GbdtOptions stump() {
  GbdtOptions options;
  options.n_estimators = 1;
  options.num_leaves = 2;
  options.min_child_samples = 1;
  options.learning_rate = 1;
  return options;
}

TEST(Gbdt, SplitsNumbersWhereTheirTargetsDiffer) {
  const LocalExecution execution(1);
  const auto model = Gbdt().fit(numbers({1, 2, 3, 4}, {10, 10, 10, 30}), stump(), execution);
  const TreeEnsemble& ensemble = model->ensemble();
  EXPECT_EQ(ensemble.base, std::vector<double>{15});
  ASSERT_EQ(ensemble.trees.size(), 1u);
  const Tree& tree = ensemble.trees[0];
  ASSERT_EQ(tree.nodes.size(), 1u);
  EXPECT_DOUBLE_EQ(tree.nodes[0].threshold, 3.5);
  EXPECT_EQ(tree.nodes[0].weight, 4);
  // (3 * 5^2 + 15^2) / 2, what a constant leaves.
  EXPECT_FLOAT_EQ(tree.nodes[0].gain, 150);
  EXPECT_EQ(tree.leaf_values, (std::vector<double>{-5, 15}));
  EXPECT_EQ(tree.leaf_weights, (std::vector<double>{3, 1}));
  EXPECT_EQ(model->training().objective, 0);
}

TEST(Gbdt, PredictsWhatItHasLearned) {
  const LocalExecution execution(2);
  const testing_data::Generated rows{.seed = 5, .n_rows = 5000};
  const auto table = rows.table();
  const Dataset dataset(table, {.target = "label", .weight = "weight"});
  GbdtOptions options;
  options.n_estimators = 30;
  const auto model = Gbdt().fit(dataset, options, execution);
  EXPECT_EQ(model->training().iterations, 30u);
  EXPECT_EQ(model->training().n_rows, 5000u);
  // The loss in the record is that of the predictions from raw values.
  const std::vector<double> probabilities = predict(*model, *table, execution);
  double loss = 0;
  double weight = 0;
  for (std::size_t i = 0; i < dataset.n_rows(); ++i) {
    loss -= dataset.weights()[i] * std::log(probabilities[2 * i + static_cast<std::size_t>(dataset.y()[i])]);
    weight += dataset.weights()[i];
  }
  EXPECT_NEAR(model->training().objective, loss / weight, 1e-12);
  EXPECT_LT(loss / weight, 0.5);
}

TEST(Gbdt, LearnsFromTheRowsOfItsMaskOnly) {
  const LocalExecution execution(1);
  const Dataset dataset = numbers({1, 2, 3, 4, 5, 6}, {10, 10, 10, 30, 1e6, -1e6});
  const std::vector<std::uint8_t> mask = {1, 1, 1, 1, 0, 0};
  const Options options(stump(), GbdtOptions::fields());
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto model = std::move(Gbdt().fit_many(dataset, {&spec, 1}, execution.get()).front());
  const auto& tree = dynamic_cast<const TreeModel&>(*model).ensemble().trees[0];
  EXPECT_EQ(tree.leaf_values, (std::vector<double>{-5, 15}));
  EXPECT_EQ(tree.leaf_weights, (std::vector<double>{3, 1}));
  EXPECT_EQ(model->training().n_rows, 4u);
}

TEST(Gbdt, LeavesAConstantTargetAlone) {
  const LocalExecution execution(1);
  const auto model = Gbdt().fit(numbers({1, 2, 3, 4}, {7, 7, 7, 7}), stump(), execution);
  EXPECT_EQ(model->ensemble().base, std::vector<double>{7});
  EXPECT_TRUE(model->ensemble().trees[0].nodes.empty());
  EXPECT_EQ(model->ensemble().trees[0].leaf_values, std::vector<double>{0});
}

TEST(Gbdt, RefusesRowsWithoutWeight) {
  const LocalExecution execution(1);
  const Dataset dataset = numbers({1, 2}, {1, 2});
  const std::vector<double> weights = {0, 0};
  const Options options(stump(), GbdtOptions::fields());
  const FitSpec spec{.options = &options, .weights = weights};
  EXPECT_EQ(test::refusal([&] { Gbdt().fit_many(dataset, {&spec, 1}, execution.get()); }),
            "[gbdt] no training row has a weight above 0; train on rows with weights above 0");
}

/// |y - z|^3 / 3, which no option names.
class CubicError final : public Objective {
 public:
  std::string_view name() const noexcept override { return "cubic"; }
  Task task() const noexcept override { return Task::regression; }
  Link link() const noexcept override { return Link::identity; }
  std::vector<double> base(std::span<const double> means) const override { return {means[0]}; }
  void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const override {
    for (std::size_t i = 0; i < rows.y.size(); ++i) {
      const double distance = rows.margins(0, i) - rows.y[i];
      g(0, i) = static_cast<float>(distance * std::abs(distance));
      h(0, i) = static_cast<float>(2 * std::abs(distance));
    }
  }
  double loss(const ObjectiveRows& rows) const override {
    double sum = 0;
    for (std::size_t i = 0; i < rows.y.size(); ++i) sum += std::pow(std::abs(rows.margins(0, i) - rows.y[i]), 3) / 3;
    return sum;
  }
};

TEST(Gbdt, MinimisesAnObjectiveOfTheUser) {
  GbdtOptions options = stump();
  options.n_estimators = 100;
  options.min_child_weight = 0;
  const auto model =
      Gbdt(std::make_shared<CubicError>()).fit(numbers({1, 2, 3, 4}, {10, 10, 10, 30}), options, LocalExecution(1));
  EXPECT_LT(model->training().objective, 1e-6);
}

TEST(Gbdt, LearnsTheMedianOfLeavesForAbsoluteErrors) {
  GbdtOptions options = stump();
  options.objective = "absolute_error";
  const auto model = Gbdt().fit(numbers({1, 2, 3, 4, 5, 6}, {0, 1, 100, 20, 21, 500}), options, LocalExecution(1));
  EXPECT_EQ(model->ensemble().base, std::vector<double>{20});
  EXPECT_EQ(model->ensemble().trees[0].leaf_values.size(), 2u);
  for (const double value : model->ensemble().trees[0].leaf_values) {
    EXPECT_TRUE(value == -19 || value == 1 || value == -20 || value == 80 || value == 0) << value;
  }
}

TEST(Gbdt, RefusesTargetsThatTheObjectiveDoesNotTake) {
  GbdtOptions options = stump();
  options.objective = "gamma";
  EXPECT_EQ(test::refusal([&] { Gbdt().fit(numbers({1, 2, 3}, {1, 0, 2}), options, LocalExecution(1)); }),
            "[gbdt] objective gamma expects targets above 0, row 2 has 0; use another objective");
}

TEST(Gbdt, RefusesWeightsOfClassesWhereThereAreNone) {
  GbdtOptions options = stump();
  options.class_weight = "balanced";
  EXPECT_EQ(test::refusal([&] { Gbdt().fit(numbers({1, 2}, {1, 2}), options, LocalExecution(1)); }),
            "[gbdt] class_weight is of classes, the target has none; leave it out, or weigh rows by a column");
}

TEST(Gbdt, RefusesGradientsThatAreTooLarge) {
  EXPECT_EQ(test::refusal([&] { Gbdt().fit(numbers({1, 2, 3}, {1e300, -1e300, 2}), stump(), LocalExecution(1)); }),
            "[gbdt] expected gradients that single precision can hold, they are larger; divide the target or the "
            "weights by a constant, or lower learning_rate");
}

TEST(Gbdt, LearnsTargetsWhoseGainsSinglePrecisionCannotHold) {
  const auto model = Gbdt().fit(numbers({1, 2, 3, 4}, {0, 0, 0, 1e25}), stump(), LocalExecution(1));
  EXPECT_EQ(model->ensemble().trees[0].nodes[0].gain, std::numeric_limits<float>::max());
  EXPECT_NEAR(model->ensemble().trees[0].leaf_values[1], 0.75e25, 1e18);
}

TEST(Gbdt, TakesInfiniteAndMissingValues) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  GbdtOptions options = stump();
  options.n_estimators = 20;
  options.num_leaves = 8;
  options.learning_rate = 0.5;
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t repeat = 0; repeat < 8; ++repeat) {
    const std::vector<double> values = {-inf, -1, -0.0, 0.0, 1, inf, nan};
    for (std::size_t i = 0; i < values.size(); ++i) {
      x.push_back(values[i]);
      y.push_back(i == 2 || i == 3 ? 5.0 : static_cast<double>(i * i));
    }
  }
  const Dataset dataset = numbers(x, y);
  const auto model = Gbdt().fit(dataset, options, LocalExecution(1));
  std::vector<Column> columns;
  columns.push_back(Column::float64("x", x));
  const auto predicted = predict(*model, Table(std::move(columns)), LocalExecution(1));
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(predicted[i], y[i], 1e-3) << x[i];
}

TEST(Gbdt, LearnsFromNothingButMissingValues) {
  std::vector<double> x(40, std::numeric_limits<double>::quiet_NaN());
  x[0] = 1;  // a column in which every value is missing is refused by the schema
  std::vector<double> y(40, 3);
  y[0] = 4;
  GbdtOptions options = stump();
  options.min_child_samples = 5;
  const auto model = Gbdt().fit(numbers(x, y), options, LocalExecution(1));
  EXPECT_TRUE(model->ensemble().trees[0].nodes.empty());
}

}  // namespace
}  // namespace thrum
