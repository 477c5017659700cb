#include "thrum/metrics/ndcg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/metrics/evaluation.h"

namespace thrum::metrics {
namespace {

using Labels = std::vector<double>;
using Queries = std::vector<std::uint32_t>;
using test::refusal;

TEST(Ndcg, IsOneForTheBestOrder) {
  EXPECT_EQ(ndcg(Labels{0, 3, 1}, Labels{-1, 2, 0}, 3), 1);
}

TEST(Ndcg, IsTheShareOfTheBestGains) {
  const double dcg = 0 + 7 / std::log2(3.0) + 1 / 2.0;
  const double ideal = 7 + 1 / std::log2(3.0) + 0;
  EXPECT_NEAR(ndcg(Labels{0, 3, 1}, Labels{5, 4, 3}, 3), dcg / ideal, 1e-15);
  EXPECT_NEAR(ndcg(Labels{0, 3, 1}, Labels{5, 4, 3}, 2), (7 / std::log2(3.0)) / ideal, 1e-15);
  EXPECT_EQ(ndcg(Labels{0, 3, 1}, Labels{5, 4, 3}, 1), 0);
}

TEST(Ndcg, TakesRowsOfEqualScoresInTheirOrder) {
  EXPECT_EQ(ndcg(Labels{1, 0}, Labels{4, 4}, 1), 1);
  EXPECT_EQ(ndcg(Labels{0, 1}, Labels{4, 4}, 1), 0);
}

TEST(Ndcg, IsOneWhereNothingIsRelevant) {
  EXPECT_EQ(ndcg(Labels{0, 0}, Labels{1, 2}, 2), 1);
}

TEST(MeanNdcg, CountsEveryQueryOnceWhereverItsRowsStand) {
  const Labels labels = {1, 0, 0, 1};
  EXPECT_EQ(mean_ndcg(labels, Labels{2, 9, 1, 3}, Queries{0, 1, 0, 1}, 1), 0.5);
  EXPECT_EQ(mean_ndcg(labels, Labels{2, 9, 1, 3}, Queries{7, 7, 7, 7}, 1), 0);
}

TEST(MeanNdcg, RefusesWhatIsNoRanking) {
  EXPECT_EQ(refusal([] { mean_ndcg(Labels{}, Labels{}, Queries{}, 1); }),
            "[ndcg] expected as many labels as scores and queries, got 0, 0 and 0");
  for (const double bad : {-1.0, 0.5, 32.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_NE(refusal([&] { mean_ndcg(Labels{bad}, Labels{1}, Queries{0}, 1); }), "no error") << bad;
  }
  EXPECT_EQ(refusal([] { mean_ndcg(Labels{32}, Labels{1}, Queries{0}, 1); }),
            "[ndcg] expected labels that are whole numbers from 0 to 31, got 32 in row 0");
  EXPECT_EQ(refusal([] { mean_ndcg(Labels{1}, Labels{std::numeric_limits<double>::infinity()}, Queries{0}, 1); }),
            "[ndcg] expected finite scores, got inf in row 0");
}

TEST(RankingMetrics, LookAtTheFirstRowsAndAtAll) {
  const auto scores = ranking_metrics(Labels{0, 1}, Labels{2, 1}, Queries{0, 0});
  ASSERT_EQ(scores.size(), 4U);
  EXPECT_EQ(scores[0].name, "ndcg@1");
  EXPECT_EQ(scores[0].value, 0);
  EXPECT_EQ(scores[1].name, "ndcg@5");
  EXPECT_EQ(scores[2].name, "ndcg@10");
  EXPECT_EQ(scores[3].name, "ndcg");
  EXPECT_NEAR(scores[3].value, 1 / std::log2(3.0), 1e-15);
}

}  // namespace
}  // namespace thrum::metrics
