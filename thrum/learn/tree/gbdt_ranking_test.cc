#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"
#include "thrum/learn/tree/query_rows_internal.h"
#include "thrum/learn/tree/ranking_testing_internal.h"

namespace thrum {
namespace {

using test::refusal;
using testing_data::RankingRows;

std::shared_ptr<const Table> table_of(std::vector<double> labels, std::vector<std::int64_t> queries) {
  std::vector<double> x;
  for (std::size_t i = 0; i < labels.size(); ++i) x.push_back(static_cast<double>(i));
  std::vector<Column> columns = {Column::float64("x", std::move(x)), Column::float64("label", std::move(labels)),
                                 Column::int64("query", std::move(queries))};
  return std::make_shared<const Table>(std::move(columns), "rows.csv");
}

Dataset dataset_of(std::vector<double> labels, std::vector<std::int64_t> queries) {
  return Dataset(table_of(std::move(labels), std::move(queries)),
                 {.target = "label", .task = Task::ranking, .query = "query"});
}

/// The derivatives of one query of five rows.
struct Derivatives {
  std::vector<float> g = std::vector<float>(5);
  std::vector<float> h = std::vector<float>(5);

  explicit Derivatives(const GbdtOptions& options, std::span<const double> weights = {}) {
    static constexpr double y[] = {0, 2, 1, 0, 2};
    static constexpr double z[] = {0.5, 0.1, -0.3, 0.9, -0.2};
    lambda_rank(options)->gradients({y, weights, {z, 1, 5}}, {g.data(), 1, 5}, {h.data(), 1, 5});
  }
  void expect_near(const std::vector<double>& expected_g, const std::vector<double>& expected_h) const {
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(g[i], expected_g[i], 1e-7) << i;
      EXPECT_NEAR(h[i], expected_h[i], 1e-7) << i;
    }
  }
};

// The expected numbers come from a loop in Python over LightGBM's formula (rank_objective.hpp, LambdarankNDCG).
TEST(LambdaRank, PullsPairsApartByWhatTheNdcgWouldChange) {
  GbdtOptions options;
  options.lambdarank_norm = false;
  Derivatives(options).expect_near({0.149270650, -0.252361898, -0.094047169, 0.516912936, -0.319774519},
                                   {0.051880092, 0.087080362, 0.044042653, 0.139067592, 0.088094582});
}

TEST(LambdaRank, DampsDistantPairsAndQueriesWithMuchToLearn) {
  Derivatives(GbdtOptions())
      .expect_near({0.207470706, -0.319295762, 0.000407753, 0.434644688, -0.323227384},
                   {0.074284009, 0.116904376, 0.074850919, 0.119318082, 0.103918182});
}

TEST(LambdaRank, LooksAtPairsWithOneOfTheFirstRows) {
  GbdtOptions options;
  options.lambdarank_truncation_level = 2;
  options.sigmoid = 2;
  Derivatives(options).expect_near({0.374003128, -0.517751428, -0.168202939, 0.797298644, -0.485347405},
                                   {0.179332936, 0.218103258, 0.037979609, 0.204881895, 0.128131964});
}

TEST(LambdaRank, MultipliesARowByItsWeight) {
  const Derivatives plain{GbdtOptions()};
  const Derivatives weighed(GbdtOptions(), std::vector<double>{1, 2, 1, 1, 0.5});
  EXPECT_EQ(weighed.g[1], 2 * plain.g[1]);
  EXPECT_EQ(weighed.h[4], plain.h[4] / 2);
  EXPECT_EQ(weighed.g[0], plain.g[0]);
}

TEST(Ranking, LearnsToPutTheRowsOfAQueryInOrder) {
  const RankingRows rows{.n_rows = 2000};
  GbdtOptions options;
  options.n_estimators = 30;
  const auto model = Gbdt().fit(rows.dataset(), options, LocalExecution(2));
  EXPECT_LT(model->training().objective, 0.1);  // 1 - NDCG@10; the order of the rows has 0.4
  EXPECT_EQ(model->schema().target.query, "query");
  EXPECT_EQ(model->schema().features.size(), RankingRows::n_features);
  const auto loaded = deserialize(serialize(*model), "memory");
  EXPECT_EQ(loaded->schema().target.task, Task::ranking);
  EXPECT_EQ(loaded->schema().target.query, "query");
}

TEST(Ranking, NumbersQueriesAsTheyFirstOccur) {
  const auto numbers = dataset_of({1, 0, 2, 0, 1, 3}, {7, 9, 7, 9, 7, 9});
  EXPECT_EQ(std::vector(numbers.queries().begin(), numbers.queries().end()),
            (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 1}));
  std::vector<Column> columns = {Column::float64("x", {1, 2, 3}), Column::int64("label", {0, 1, 0}),
                                 Column::category("query", {1, 0, 1}, {"a", "b"})};
  const Dataset texts(std::make_shared<const Table>(std::move(columns), "rows.csv"),
                      {.target = "label", .task = Task::ranking, .query = "query"});
  EXPECT_EQ(std::vector(texts.queries().begin(), texts.queries().end()), (std::vector<std::uint32_t>{0, 1, 0}));
}

TEST(Ranking, LeavesRowsOfWeightZeroOutOfTheirQuery) {
  const Dataset dataset = dataset_of({1, 0, 2, 0, 1, 3}, {7, 9, 7, 9, 7, 9});
  const std::vector<double> weights = {1, 1, 1, 1, 1, 0};
  const LocalExecution execution(2);
  EXPECT_EQ(QueryRows(dataset, {}, execution).size(), 2U);
  const QueryRows rows(dataset, weights, execution);
  const std::vector<double> margins = {0, 1, 2, 3, 4, 5};
  std::vector<float> g(6, 9);
  std::vector<float> h(6, 9);
  rows.gradients(*lambda_rank(GbdtOptions()), margins, g, h);
  EXPECT_EQ(g[5], 9);  // not looked at
  EXPECT_EQ(g[1], 0);  // nothing of its query is left to be put in an order
  EXPECT_EQ(g[3], 0);
  EXPECT_NE(g[0], 0);
}

TEST(Ranking, StopsWhenTheWatchedQueriesDoNotImprove) {
  const RankingRows rows{.n_rows = 2000};
  const Dataset valid = RankingRows{.first = RankingRows::n_train, .n_rows = 1000}.dataset();
  Options options = Gbdt().default_options();
  options.set("n_estimators", "300");
  options.set("stopping_rounds", "5");
  for (const char* metric : {"loss", "ndcg"}) {
    options.set("metric", metric);
    const FitSpec spec{.options = &options, .valid = &valid};
    const auto model = std::move(Gbdt().fit_many(rows.dataset(), {&spec, 1}, LocalExecution(2)).front());
    EXPECT_EQ(model->training().stopped_by, "the watched rows did not improve");
    EXPECT_GT(model->training().iterations, 3U);
    EXPECT_LT(model->training().iterations, 295U);
  }
}

TEST(Ranking, RefusesBadQueriesAndLabels) {
  const auto table = table_of({0, 1, 2}, {1, 1, 1});
  EXPECT_EQ(refusal([&] { Dataset(table, {.target = "label", .task = Task::ranking}); }),
            "a ranking needs a column of queries; name the column whose equal values belong together");
  EXPECT_EQ(refusal([&] { Dataset(table, {.target = "label", .task = Task::regression, .query = "query"}); }),
            "a regression has no queries; leave the query out");
  EXPECT_EQ(refusal([&] { Dataset(table, {.target = "label", .task = Task::ranking, .query = "label"}); }),
            "\"label\" cannot be query and target at once");
  EXPECT_EQ(refusal([&] {
              Dataset(table, {.target = "label", .task = Task::ranking, .query = "qurey"});
            }).find("column \"qurey\""),
            0U);
  for (const auto& [label, text] : {std::pair{-1.0, "-1"}, {1.5, "1.5"}, {32.0, "32"}}) {
    EXPECT_EQ(refusal([&] { dataset_of({0, label, 1}, {1, 1, 1}); }),
              std::string("target \"label\" is ") + text +
                  " in row 2 of rows.csv; the labels of a ranking are whole numbers from 0 to 31");
  }
  std::vector<Column> columns = {Column::float64("x", {1, 2}), Column::int64("label", {0, 1}),
                                 Column::float64("query", {1, std::nan("")})};
  const auto gap = std::make_shared<const Table>(std::move(columns), "rows.csv");
  EXPECT_EQ(refusal([&] { Dataset(gap, {.target = "label", .task = Task::ranking, .query = "query"}); }),
            "query \"query\" is missing in row 2 of rows.csv; every row of a ranking belongs to a query");
}

TEST(Ranking, RefusesQueriesWithNothingToRank) {
  const std::string expected =
      "[gbdt] expected a query of \"query\" with rows of different \"label\", there is none; rows of one query have "
      "the "
      "same value in its column";
  const LocalExecution execution(1);
  EXPECT_EQ(refusal([&] { Gbdt().fit(dataset_of({0, 1, 2}, {1, 2, 3}), GbdtOptions(), execution); }), expected);
  EXPECT_EQ(refusal([&] { Gbdt().fit(dataset_of({2, 2, 2}, {1, 1, 1}), GbdtOptions(), execution); }), expected);
}

TEST(Ranking, RefusesOptionsThatDoNotGoWithIt) {
  const Dataset ranking = dataset_of({0, 1, 2}, {1, 1, 1});
  const Dataset numbers(table_of({0, 1, 2}, {1, 1, 1}), {.target = "label", .task = Task::regression});
  const auto refusal = [&](const Dataset& dataset, const std::string& name, const std::string& value) {
    Options options = Gbdt().default_options();
    options.set(name, value);
    return test::refusal([&] { Gbdt().Learner::fit(dataset, options, LocalExecution(1)); });
  };
  EXPECT_EQ(refusal(ranking, "objective", "poisson"),
            "[gbdt] objective poisson does not rank the rows of queries; use objective=lambdarank");
  EXPECT_EQ(refusal(numbers, "objective", "lambdarank"),
            "[gbdt] objective lambdarank expects queries, there are none; name their column");
  EXPECT_EQ(refusal(numbers, "metric", "ndcg"), "[gbdt] metric=ndcg expects a ranking; use metric=loss");
  EXPECT_EQ(refusal(ranking, "metric", "auc"), "[gbdt] metric=auc expects a target of two classes; use metric=loss");
}

}  // namespace
}  // namespace thrum
