#include "thrum/metrics/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thrum/core/refusal_test.h"

namespace thrum::metrics {
namespace {

using Numbers = std::vector<double>;

std::vector<std::string> names(const std::vector<Score>& scores) {
  std::vector<std::string> result(scores.size());
  std::ranges::transform(scores, result.begin(), &Score::name);
  return result;
}

const Score& find(const std::vector<Score>& scores, const std::string& name) {
  for (const Score& score : scores) {
    if (score.name == name) return score;
  }
  ADD_FAILURE() << name;
  return scores.front();
}

MatrixView<const double> two_columns(const Numbers& values) {
  return {values.data(), values.size() / 2, 2};
}

TEST(Evaluation, NamesItsScores) {
  const Numbers p = {0.9, 0.1, 0.2, 0.8};
  EXPECT_THAT(names(classification_metrics(Numbers{0, 1}, two_columns(p))),
              testing::ElementsAre("accuracy", "log_loss", "roc_auc", "average_precision", "f1", "precision", "recall",
                                   "brier"));
  EXPECT_THAT(names(regression_metrics(Numbers{0, 1}, Numbers{0, 1})), testing::ElementsAre("rmse", "mae", "r2"));
  EXPECT_THAT(names(deviance_metrics(Deviance::poisson, Numbers{0, 1}, Numbers{1, 1})),
              testing::ElementsAre("mean_poisson_deviance", "d2"));
  EXPECT_THAT(names(deviance_metrics(Deviance::gamma, Numbers{1, 2}, Numbers{1, 1})),
              testing::ElementsAre("mean_gamma_deviance", "d2"));
}

TEST(Evaluation, ReportsUndefinedScoresAndKeepsTheOthers) {
  const Numbers p = {0.9, 0.1, 0.2, 0.8};
  const auto scores = classification_metrics(Numbers{0, 0}, two_columns(p));
  EXPECT_TRUE(std::isnan(find(scores, "roc_auc").value));
  EXPECT_EQ(find(scores, "roc_auc").why_undefined,
            "[roc_auc] expected rows of the class and of others, class 1 has none");
  EXPECT_EQ(find(scores, "accuracy").value, 0.5);
  EXPECT_TRUE(std::isnan(find(regression_metrics(Numbers{1}, Numbers{1}), "r2").value));
}

TEST(Evaluation, OfAnomaliesComparesScoresWithTheThreshold) {
  const std::vector<std::size_t> y = {0, 0, 1, 1};
  const auto scores = anomaly_metrics(y, Numbers{0.2, 0.5, 0.6, 0.4}, 0.5);
  EXPECT_EQ(find(scores, "roc_auc").value, 0.75);
  EXPECT_EQ(find(scores, "accuracy").value, 0.75);  // 0.5 is not above 0.5
  EXPECT_EQ(find(scores, "precision").value, 1);
  EXPECT_EQ(find(scores, "recall").value, 0.5);
  EXPECT_TRUE(std::isnan(find(anomaly_metrics(std::vector<std::size_t>{0}, Numbers{1}, 0), "roc_auc").value));
}

TEST(Evaluation, PredictsTheFirstOfEquallyProbableClasses) {
  const Numbers p = {0.5, 0.5, 0.5, 0.5};
  EXPECT_EQ(find(classification_metrics(Numbers{0, 0}, two_columns(p)), "accuracy").value, 1);
}

TEST(Evaluation, ThrowsForInputsThatNoScoreAccepts) {
  const Numbers p = {0.5, 0.5, 0.5, 0.5};
  const auto refusal = [&](const Numbers& y, const Numbers& weights) {
    return test::refusal([&] { classification_metrics(y, two_columns(p), weights); });
  };
  EXPECT_EQ(refusal({0, 2}, {}), "[evaluate] expected a class index below 2, got 2 in row 1");
  EXPECT_EQ(refusal({0.5, 1}, {}), "[evaluate] expected a class index below 2, got 0.5 in row 0");
  EXPECT_EQ(refusal({NAN, 1}, {}), "[evaluate] expected a class index below 2, got nan in row 0");
  EXPECT_EQ(refusal({0}, {}), "[evaluate] y has 1 row, probabilities has 2");
  EXPECT_EQ(refusal({0, 1}, {0, 0}), "[evaluate] all weights are zero");
  EXPECT_EQ(refusal({0, 1}, {1, 2}), "no error");
}

}  // namespace
}  // namespace thrum::metrics
