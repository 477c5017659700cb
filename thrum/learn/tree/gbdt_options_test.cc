#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"
#include "thrum/learn/tree/gbdt.h"

namespace thrum {
namespace {

/// Rows of two numbers, a category and a target that depends on all of them.
struct Rows {
  std::size_t n = 3000;
  std::function<double(double a, double b, std::size_t c, double noise)> target = [](double a, double b, std::size_t c,
                                                                                     double noise) {
    return 3 * a * (b > 0.5 ? 1.0 : -1.0) + static_cast<double>(c * 7 % 10) + 0.2 * noise;
  };

  std::shared_ptr<const Table> table() const {
    const Random random(8);
    std::vector<double> a(n), b(n), y(n);
    std::vector<std::int32_t> c(n);
    std::vector<std::string> names;
    for (std::size_t k = 0; k < 20; ++k) names.push_back("c" + std::string(1, static_cast<char>('a' + k)));
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = random.uniform(4 * i);
      b[i] = random.uniform(4 * i + 1);
      const std::size_t code = random.below(4 * i + 2, 20);
      c[i] = i % 50 == 0 ? -1 : static_cast<std::int32_t>(code);
      y[i] = target(a[i], b[i], code, random.normal(4 * i + 3));
    }
    std::vector<Column> columns;
    columns.push_back(Column::float64("a", std::move(a)));
    columns.push_back(Column::float64("b", std::move(b)));
    columns.push_back(Column::category("c", std::move(c), std::move(names)));
    columns.push_back(Column::float64("y", std::move(y)));
    return std::make_shared<const Table>(std::move(columns), "rows");
  }
  Dataset dataset() const {
    Dataset::Options options;
    options.target = "y";
    options.task = Task::regression;
    return Dataset(table(), options);
  }
};

GbdtOptions quick() {
  GbdtOptions options;
  options.n_estimators = 30;
  options.num_leaves = 15;
  return options;
}

std::unique_ptr<TreeModel> fit(const Dataset& dataset, const GbdtOptions& options) {
  return Gbdt().fit(dataset, options, LocalExecution(2));
}

std::unique_ptr<Model> fit(const Dataset& dataset, const GbdtOptions& options, FitSpec spec) {
  const Options described(options, GbdtOptions::fields());
  spec.options = &described;
  return std::move(Gbdt().fit_many(dataset, {&spec, 1}, LocalExecution(2).get()).front());
}

std::string message_of(const Dataset& dataset, const GbdtOptions& options, const FitSpec& spec = {}) {
  return test::refusal([&] { fit(dataset, options, spec); });
}

double rmse(const Model& model, const Table& table, std::span<const double> y) {
  const std::vector<double> predicted = predict(model, table, LocalExecution(1));
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) sum += (predicted[i] - y[i]) * (predicted[i] - y[i]);
  return std::sqrt(sum / static_cast<double>(y.size()));
}

TEST(GbdtCategories, AreSplitAsSets) {
  const Rows rows;
  const auto table = rows.table();
  const auto model = fit(rows.dataset(), quick());
  bool any_set = false;
  for (const TreeNode& node : model->ensemble().trees[0].nodes) any_set = any_set || node.category_set >= 0;
  EXPECT_TRUE(any_set);
  EXPECT_LT(rmse(*model, *table, table->column("y").float64()), 0.8);
}

TEST(GbdtCategories, PredictAsTheyWereLearned) {
  // The record's loss comes from bins, the predictions from raw values: rare and missing categories too.
  Rows rows;
  rows.n = 500;
  const auto table = rows.table();
  GbdtOptions options = quick();
  options.min_child_samples = 2;
  options.max_cat_to_onehot = 1;
  options.max_bin = 9;
  const auto model = fit(rows.dataset(), options);
  const double error = rmse(*model, *table, table->column("y").float64());
  EXPECT_NEAR(model->training().objective, 0.5 * error * error, 1e-9);
}

TEST(GbdtCategories, OfTwoAreSplitOneFromTheOther) {
  Rows rows;
  rows.target = [](double, double, std::size_t c, double) { return c == 3 ? 1.0 : 0.0; };
  GbdtOptions options = quick();
  options.n_estimators = 1;
  options.max_cat_to_onehot = 30;
  options.learning_rate = 1;
  options.num_leaves = 2;
  const auto model = fit(rows.dataset(), options);
  const Tree& tree = model->ensemble().trees[0];
  ASSERT_EQ(tree.nodes.size(), 1u);
  EXPECT_EQ(tree.category_bits, std::vector<std::uint64_t>{1u << 3});
}

TEST(GbdtSoftmax, LearnsSeveralClasses) {
  const testing_data::Generated generated{.seed = 3, .n_rows = 4000, .n_classes = 4};
  const Dataset dataset = generated.dataset();
  const auto model = fit(dataset, quick());
  EXPECT_EQ(model->ensemble().link, Link::softmax);
  EXPECT_EQ(model->ensemble().n_margins(), 4u);
  EXPECT_EQ(model->ensemble().trees.size(), 120u);
  EXPECT_EQ(model->training().iterations, 30u);
  const std::vector<double> probabilities = predict(*model, *generated.table(), LocalExecution(1));
  double right = 0;
  for (std::size_t i = 0; i < dataset.n_rows(); ++i) {
    const auto row = std::span(probabilities).subspan(4 * i, 4);
    right += std::max_element(row.begin(), row.end()) - row.begin() == static_cast<long>(dataset.y()[i]) ? 1 : 0;
  }
  EXPECT_GT(right / static_cast<double>(dataset.n_rows()), 0.6);
}

TEST(GbdtStopping, KeepsTheBestRoundOnTheRowsHeldOut) {
  Rows rows;
  rows.n = 600;
  rows.target = [](double a, double, std::size_t, double noise) { return a + noise; };
  const Dataset dataset = rows.dataset();
  std::vector<std::uint8_t> mask(rows.n);
  std::vector<std::uint8_t> held_out(rows.n);
  for (std::size_t i = 0; i < rows.n; ++i) held_out[i] = i % 3 == 0;
  for (std::size_t i = 0; i < rows.n; ++i) mask[i] = 1 - held_out[i];
  GbdtOptions options = quick();
  options.n_estimators = 500;
  options.stopping_rounds = 10;
  const FitSpec spec{.row_mask = mask, .valid = &dataset, .valid_mask = held_out};
  const auto model = fit(dataset, options, spec);
  const std::size_t kept = model->training().iterations;
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, 100u);
  EXPECT_EQ(model->training().stopped_by, "the watched rows did not improve");

  // The same as one that was told when to stop.
  GbdtOptions told = options;
  told.stopping_rounds = 0;
  told.n_estimators = static_cast<int>(kept);
  const auto same = fit(dataset, told, {.row_mask = mask});
  EXPECT_EQ(dynamic_cast<const TreeModel&>(*same).ensemble(), dynamic_cast<const TreeModel&>(*model).ensemble());
  EXPECT_NEAR(same->training().objective, model->training().objective, 1e-12);
}

TEST(GbdtStopping, KeepsNoTreeWhereNoneHelps) {
  Rows rows;
  rows.n = 400;
  rows.target = [](double, double, std::size_t, double noise) { return noise; };
  const Dataset dataset = rows.dataset();
  std::vector<std::uint8_t> mask(rows.n);
  std::vector<std::uint8_t> held_out(rows.n);
  for (std::size_t i = 0; i < rows.n; ++i) held_out[i] = i % 2;
  for (std::size_t i = 0; i < rows.n; ++i) mask[i] = 1 - held_out[i];
  GbdtOptions options = quick();
  options.learning_rate = 1;
  options.min_child_samples = 1;
  options.stopping_rounds = 3;
  const auto model = fit(dataset, options, {.row_mask = mask, .valid = &dataset, .valid_mask = held_out});
  ASSERT_EQ(model->training().iterations, 0u);
  const auto predicted = predict(*model, *rows.table(), LocalExecution(1));
  EXPECT_EQ(predicted.front(), predicted.back());
  EXPECT_EQ(predicted.front(), dynamic_cast<const TreeModel&>(*model).ensemble().base[0]);
}

TEST(GbdtStopping, WatchesWhatItIsTold) {
  const testing_data::Generated generated{.seed = 3, .n_rows = 2000};
  const Dataset dataset = generated.dataset();
  for (const char* metric : {"loss", "auc", "error"}) {
    GbdtOptions options = quick();
    options.n_estimators = 400;
    options.stopping_rounds = 5;
    options.metric = metric;
    const FitSpec spec{.valid = &dataset};
    EXPECT_GT(fit(dataset, options, spec)->training().iterations, 3u) << metric;
  }
}

TEST(GbdtStopping, RefusesWhatCannotBeWatched) {
  const Rows rows;
  const Dataset dataset = rows.dataset();
  GbdtOptions options = quick();
  options.stopping_rounds = 5;
  EXPECT_EQ(message_of(dataset, options),
            "[gbdt] stopping_rounds expects rows to watch, there are none; hold some out with --valid");
  const FitSpec watched{.valid = &dataset};
  options.boosting = "dart";
  EXPECT_EQ(message_of(dataset, options, watched),
            "[gbdt] stopping_rounds and boosting=dart exclude each other: dart changes the rounds that it keeps; use "
            "stopping_rounds=0");
  options.boosting = "gbdt";
  options.metric = "auc";
  EXPECT_EQ(message_of(dataset, options, watched),
            "[gbdt] metric=auc expects a target of two classes; use metric=loss");
  options.metric = "error";
  EXPECT_EQ(message_of(dataset, options, watched), "[gbdt] metric=error expects a target of classes; use metric=loss");
  options.metric = "loss";
  const std::vector<std::uint8_t> none(dataset.n_rows());
  const FitSpec unwatched{.valid = &dataset, .valid_mask = none};
  EXPECT_EQ(message_of(dataset, options, unwatched),
            "[gbdt] no watched row has a weight above 0; watch rows with weights above 0");
}

struct NamedOptions {
  const char* name;
  std::function<void(GbdtOptions&)> set;
};

class GbdtVariant : public testing::TestWithParam<NamedOptions> {};

TEST_P(GbdtVariant, LearnsNearlyAsWell) {
  const Rows rows;
  const auto table = rows.table();
  GbdtOptions options = quick();
  options.n_estimators = 60;
  const Dataset dataset = rows.dataset();
  const auto plain = fit(dataset, options);
  GetParam().set(options);
  const auto model = fit(dataset, options);
  EXPECT_FALSE(model->ensemble() == plain->ensemble());
  EXPECT_LT(rmse(*model, *table, dataset.y()), 1.3);
  EXPECT_NEAR(model->training().objective, 0.5 * std::pow(rmse(*model, *table, dataset.y()), 2), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(
    All, GbdtVariant,
    testing::Values(NamedOptions{"Subsample", [](GbdtOptions& o) { o.subsample = 0.5; }},
                    NamedOptions{"SubsampleFreq", [](GbdtOptions& o) { o.subsample = 0.5, o.subsample_freq = 5; }},
                    NamedOptions{"Goss", [](GbdtOptions& o) { o.data_sample_strategy = "goss"; }},
                    NamedOptions{"ColumnsByTree", [](GbdtOptions& o) { o.colsample_bytree = 0.7; }},
                    NamedOptions{"ColumnsByLevel", [](GbdtOptions& o) { o.colsample_bylevel = 0.7; }},
                    NamedOptions{"ColumnsByNode", [](GbdtOptions& o) { o.colsample_bynode = 0.7; }},
                    NamedOptions{"Dart", [](GbdtOptions& o) { o.boosting = "dart", o.skip_drop = 0.2; }},
                    NamedOptions{"Depth", [](GbdtOptions& o) { o.grow_policy = "depth", o.max_depth = 4; }},
                    NamedOptions{"Step", [](GbdtOptions& o) { o.max_delta_step = 3; }},
                    NamedOptions{"Penalties", [](GbdtOptions& o) { o.reg_alpha = 1, o.reg_lambda = 5; }}),
    [](const auto& test) { return test.param.name; });

TEST(GbdtMonotone, PredictionsRiseAndFallAsTold) {
  Rows rows;
  rows.target = [](double a, double b, std::size_t, double noise) { return std::sin(9 * a) - b * b + 0.3 * noise; };
  const Dataset dataset = rows.dataset();
  GbdtOptions options = quick();
  options.monotone_constraints = "a=1,b=-1";
  const auto model = fit(dataset, options);
  const std::size_t n = 200;
  for (const double other : {0.1, 0.5, 0.9}) {
    for (const bool vary_a : {true, false}) {
      std::vector<double> a(n, other), b(n, other);
      for (std::size_t i = 0; i < n; ++i) (vary_a ? a : b)[i] = static_cast<double>(i) / n;
      std::vector<Column> columns;
      columns.push_back(Column::float64("a", a));
      columns.push_back(Column::float64("b", b));
      columns.push_back(Column::category("c", std::vector<std::int32_t>(n, 0), {"ca"}));
      const auto predicted = predict(*model, Table(std::move(columns)), LocalExecution(1));
      for (std::size_t i = 1; i < n; ++i) {
        if (vary_a)
          EXPECT_GE(predicted[i], predicted[i - 1]);
        else
          EXPECT_LE(predicted[i], predicted[i - 1]);
      }
      EXPECT_NE(predicted.front(), predicted.back());
    }
  }
}

TEST(GbdtInteractions, KeepGroupsApartOnEveryWay) {
  const Rows rows;
  GbdtOptions options = quick();
  options.interaction_constraints = "a,c";
  const auto model = fit(rows.dataset(), options);
  std::set<std::int32_t> seen;
  for (const Tree& tree : model->ensemble().trees) {
    std::vector<std::set<std::int32_t>> above(tree.nodes.size());
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const TreeNode& node = tree.nodes[i];
      above[i].insert(node.feature);
      seen.insert(node.feature);
      EXPECT_FALSE(above[i].contains(1) && above[i].size() > 1);
      for (const std::int32_t child : {node.left, node.right}) {
        if (child >= 0) above[static_cast<std::size_t>(child)] = above[i];
      }
    }
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(GbdtConstraints, AreRefusedWhereTheyNameNoFeature) {
  const Rows rows;
  const Dataset dataset = rows.dataset();
  GbdtOptions options = quick();
  options.monotone_constraints = "a=2";
  EXPECT_EQ(message_of(dataset, options), "[monotone_constraints] expected none or feature=1,feature=-1, got \"a=2\"");
  options.monotone_constraints = "c=1";
  EXPECT_EQ(message_of(dataset, options), "[monotone_constraints] \"c\" holds categories, which have no order");
  options.monotone_constraints = "none";
  options.interaction_constraints = "a,bb";
  EXPECT_EQ(message_of(dataset, options), "[interaction_constraints] \"bb\" is no feature; nearest: \"b\"");
}

TEST(GbdtStart, IsContinued) {
  const Rows rows;
  const Dataset dataset = rows.dataset();
  GbdtOptions options = quick();
  const auto whole = fit(dataset, options);
  options.n_estimators = 15;
  const auto half = fit(dataset, options);
  const auto continued = fit(dataset, options, {.start = half.get()});
  const auto& trees = dynamic_cast<const TreeModel&>(*continued).ensemble().trees;
  ASSERT_EQ(trees.size(), 30u);
  for (std::size_t t = 0; t < 15; ++t) EXPECT_EQ(trees[t], half->ensemble().trees[t]);
  EXPECT_LT(continued->training().objective, half->training().objective);
  EXPECT_NEAR(continued->training().objective, whole->training().objective, 0.05);
  EXPECT_EQ(continued->training().iterations, 15u);
}

TEST(GbdtStart, GetsNewLeafValues) {
  const Rows rows;
  Rows shifted;
  shifted.target = [&](double a, double b, std::size_t c, double noise) { return rows.target(a, b, c, noise) + 5; };
  const auto model = fit(rows.dataset(), quick());
  GbdtOptions options = quick();
  options.refit = true;
  const auto refitted = fit(shifted.dataset(), options, {.start = model.get()});
  const auto& trees = dynamic_cast<const TreeModel&>(*refitted).ensemble().trees;
  ASSERT_EQ(trees.size(), 30u);
  EXPECT_EQ(trees[0].nodes, model->ensemble().trees[0].nodes);
  const auto table = shifted.table();
  const double before = rmse(*model, *table, table->column("y").float64());
  const double after = rmse(*refitted, *table, table->column("y").float64());
  EXPECT_LT(after, before - 1);
  EXPECT_NEAR(refitted->training().objective, 0.5 * after * after, 1e-9);
  options.refit_decay_rate = 1;
  const auto kept = fit(shifted.dataset(), options, {.start = model.get()});
  EXPECT_EQ(dynamic_cast<const TreeModel&>(*kept).ensemble(), model->ensemble());
}

TEST(GbdtStart, IsRefusedWhereItDoesNotFit) {
  const Rows rows;
  const Dataset dataset = rows.dataset();
  GbdtOptions options = quick();
  options.n_estimators = 1;
  const auto model = fit(dataset, options);
  options.objective = "poisson";
  Rows positive;
  positive.target = [](double a, double, std::size_t, double) { return a; };
  EXPECT_EQ(message_of(positive.dataset(), options, {.start = model.get()}),
            "[gbdt] the start was trained with another objective; use the same objective");
  const testing_data::Generated generated{.n_rows = 300};
  options.objective = "auto";
  EXPECT_EQ(message_of(generated.dataset(), options, {.start = model.get()}),
            "[gbdt] the start was trained on other features, categories or classes; train on the same columns");
  options.refit = true;
  EXPECT_EQ(message_of(dataset, options),
            "[gbdt] refit expects a model to start from, there is none; name one with --start");
}

}  // namespace
}  // namespace thrum
