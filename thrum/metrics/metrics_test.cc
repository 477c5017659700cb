#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/metrics/classification.h"
#include "thrum/metrics/ranking.h"
#include "thrum/metrics/regression.h"

namespace thrum::metrics {
namespace {

using Classes = std::vector<std::size_t>;
using Numbers = std::vector<double>;
using test::refusal;

MatrixView<const double> two_columns(const Numbers& values) {
  return {values.data(), values.size() / 2, 2};
}

TEST(RocAuc, CountsTiesHalf) {
  EXPECT_EQ(roc_auc(Classes{0, 1}, Numbers{0.5, 0.5}), 0.5);
  // Of the 2 x 2 pairs two are in order, one is a tie, one is not.
  EXPECT_EQ(roc_auc(Classes{0, 1, 0, 1}, Numbers{0.1, 0.1, 0.6, 0.9}), 0.625);
}

TEST(RocAuc, IsTheShareOfPairsInOrder) {
  const Random random(3);
  Classes y;
  Numbers scores, weights;
  for (std::uint64_t i = 0; i < 200; ++i) {
    y.push_back(random.below(3 * i + 0, 3) == 0);
    scores.push_back(static_cast<double>(random.below(3 * i + 1, 11)));
    weights.push_back(static_cast<double>(random.below(3 * i + 2, 4)));
  }
  double in_order = 0, pairs = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) {
      if (y[i] != 1 || y[j] != 0) continue;
      const double pair = weights[i] * weights[j];
      pairs += pair;
      in_order += scores[i] > scores[j] ? pair : scores[i] == scores[j] ? pair / 2 : 0;
    }
  }
  EXPECT_NEAR(roc_auc(y, scores, weights), in_order / pairs, 1e-14);
}

TEST(RocAuc, DoesNotDependOnTheOrderOfRows) {
  const Random random(4);
  std::vector<std::size_t> order(5000);
  std::iota(order.begin(), order.end(), 0);
  const auto auc = [&] {
    Classes y;
    Numbers scores, weights;
    for (const std::size_t i : order) {
      y.push_back(random.below(3 * i + 0, 2));
      scores.push_back(static_cast<double>(random.below(3 * i + 1, 700)));
      weights.push_back(static_cast<double>(random.below(3 * i + 2, 1000)) / 7);
    }
    return roc_auc(y, scores, weights);
  };
  const double before = auc();
  std::ranges::reverse(order);
  EXPECT_NEAR(auc(), before, 1e-15);
}

TEST(RocAuc, NeedsBothClasses) {
  EXPECT_EQ(refusal([] { roc_auc(Classes{1, 1}, Numbers{0.1, 0.2}); }),
            "[roc_auc] expected rows of the class and of others, class 0 has none");
  EXPECT_EQ(refusal([] { roc_auc(Classes{0, 1}, Numbers{0.1, 0.2}, Numbers{1, 0}); }),
            "[roc_auc] expected rows of the class and of others, class 1 has none");
  const Numbers scores(6, 0.3);
  EXPECT_EQ(refusal([&] { roc_auc_ovr(Classes{0, 1}, MatrixView<const double>(scores.data(), 2, 3)); }),
            "[roc_auc] expected rows of the class and of others, class 2 has none");
}

TEST(RocCurve, HasOnePointPerDistinctScore) {
  const RocCurve curve = roc_curve(Classes{0, 1, 0, 1}, Numbers{0.2, 0.8, 0.8, 0.9});
  EXPECT_EQ(curve.thresholds, (Numbers{INFINITY, 0.9, 0.8, 0.2}));
  EXPECT_EQ(curve.true_positive_rate, (Numbers{0, 0.5, 1, 1}));
  EXPECT_EQ(curve.false_positive_rate, (Numbers{0, 0, 0.5, 1}));
}

TEST(AveragePrecision, SumsGainsInRecall) {
  EXPECT_DOUBLE_EQ(average_precision(Classes{0, 0, 1, 1}, Numbers{0.1, 0.4, 0.35, 0.8}), 0.5 * 1 + 0.5 * (2.0 / 3));
  EXPECT_EQ(average_precision(Classes{1, 1}, Numbers{0.1, 0.2}), 1);
  EXPECT_EQ(refusal([] { average_precision(Classes{0, 0}, Numbers{0.1, 0.2}); }),
            "[average_precision] expected rows of the class and of others, class 1 has none");
}

TEST(Ranking, RefusesBadInputs) {
  EXPECT_EQ(refusal([] { roc_auc(Classes{0, 1}, Numbers{0.5, NAN}); }),
            "[roc_auc] expected finite numbers in scores, got nan in row 1");
  EXPECT_EQ(refusal([] { roc_auc(Classes{0, 1}, Numbers{0.5}); }), "[roc_auc] y has 2 rows, scores has 1");
  EXPECT_EQ(refusal([] { roc_auc(Classes{}, Numbers{}); }), "[roc_auc] expected at least one row, got none");
  EXPECT_EQ(refusal([] { roc_auc(Classes{0, 2}, Numbers{0.5, 1}); }),
            "[roc_auc] expected classes below 2, got 2 in row 1");
  const Numbers scores = {0.1, 0.2};
  EXPECT_EQ(refusal([&] { average_precision_ovr(Classes{0, 0}, MatrixView<const double>(scores.data(), 2, 1)); }),
            "[average_precision] expected scores of at least 2 classes, got 1");
}

TEST(Weights, AreCheckedEverywhere) {
  EXPECT_EQ(refusal([] { mae(Numbers{0, 1}, Numbers{0.5, 1}, Numbers{1, -1}); }),
            "[mae] expected weights in [0, inf), got -1 in row 1");
  EXPECT_EQ(refusal([] { roc_auc(Classes{0, 1}, Numbers{0.5, 1}, Numbers{NAN, 1}); }),
            "[roc_auc] expected weights in [0, inf), got nan in row 0");
  EXPECT_EQ(refusal([] { accuracy(Classes{0, 1}, Classes{0, 1}, Numbers{0, 0}); }), "[accuracy] all weights are zero");
  EXPECT_EQ(refusal([] { accuracy(Classes{0, 1}, Classes{0, 1}, Numbers{1}); }),
            "[accuracy] y has 2 rows, weights has 1");
}

TEST(Weights, OfWholeNumbersEqualRepeatedRows) {
  const Classes y = {0, 1, 1, 0}, repeated_y = {0, 1, 1, 1, 0, 0};
  const Numbers p = {0.8, 0.2, 0.3, 0.7, 0.6, 0.4, 0.5, 0.5};
  const Numbers repeated_p = {0.8, 0.2, 0.3, 0.7, 0.3, 0.7, 0.6, 0.4, 0.5, 0.5, 0.5, 0.5};
  const Numbers weights = {1, 2, 1, 2};
  EXPECT_DOUBLE_EQ(log_loss(y, two_columns(p), weights), log_loss(repeated_y, two_columns(repeated_p)));
  EXPECT_DOUBLE_EQ(brier(y, two_columns(p), weights), brier(repeated_y, two_columns(repeated_p)));
}

TEST(LogLoss, ClipsCertainMistakes) {
  const Numbers p = {1, 0, 0, 1};
  EXPECT_DOUBLE_EQ(log_loss(Classes{1, 1}, two_columns(p)), -std::log(0x1p-52) / 2 - std::log1p(-0x1p-52) / 2);
}

TEST(LogLoss, RefusesWhatIsNoProbability) {
  const Numbers p = {0.5, 0.5, 1.5, -0.5}, nan = {0.5, 0.5, NAN, 0.5};
  EXPECT_EQ(refusal([&] { log_loss(Classes{0, 1}, two_columns(p)); }),
            "[log_loss] expected probabilities in [0, 1], got 1.5 in row 1");
  EXPECT_EQ(refusal([&] { brier(Classes{0, 1}, two_columns(nan)); }),
            "[brier] expected probabilities in [0, 1], got nan in row 1");
  EXPECT_EQ(refusal([&] { log_loss(Classes{0}, two_columns(p)); }), "[log_loss] y has 1 row, probabilities has 2");
  EXPECT_EQ(refusal([&] { log_loss(Classes{0, 0}, MatrixView<const double>(p.data(), 2, 1)); }),
            "[log_loss] expected probabilities of at least 2 classes, got 1");
}

TEST(ConfusionMatrix, CountsActualByPredicted) {
  const ConfusionMatrix confusion(Classes{0, 0, 1, 2}, Classes{0, 1, 1, 0}, 3);
  EXPECT_EQ(confusion(0, 0), 1);
  EXPECT_EQ(confusion(0, 1), 1);
  EXPECT_EQ(confusion(2, 0), 1);
  EXPECT_EQ(confusion(2, 2), 0);
  EXPECT_EQ(confusion.accuracy(), 0.5);
}

TEST(ConfusionMatrix, ScoresWithoutADenominatorAreZero) {
  const ConfusionMatrix confusion(Classes{0, 0}, Classes{0, 0}, 2);
  EXPECT_EQ(confusion.precision(Average::binary), 0);
  EXPECT_EQ(confusion.recall(Average::binary), 0);
  EXPECT_EQ(confusion.f1(Average::binary), 0);
}

TEST(ConfusionMatrix, MacroLeavesOutClassesThatNeverOccur) {
  const ConfusionMatrix confusion(Classes{0, 1}, Classes{0, 1}, 5);
  EXPECT_EQ(confusion.f1(Average::macro), 1);
}

TEST(ConfusionMatrix, BinaryAverageNeedsTwoClasses) {
  EXPECT_EQ(refusal([] { ConfusionMatrix(Classes{0, 1}, Classes{0, 1}, 3).f1(Average::binary); }),
            "[confusion_matrix] the binary average needs 2 classes, got 3; choose macro, micro or weighted");
  EXPECT_EQ(refusal([] { ConfusionMatrix(Classes{0, 1}, Classes{0, 3}, 3); }),
            "[confusion_matrix] expected classes below 3, got 3 in row 1");
}

TEST(Regression, MatchesHandComputedScores) {
  const Numbers y = {3, -0.5, 2, 7}, predicted = {2.5, 0, 2, 8};
  EXPECT_DOUBLE_EQ(rmse(y, predicted), std::sqrt(0.375));
  EXPECT_DOUBLE_EQ(mae(y, predicted), 0.5);
  EXPECT_DOUBLE_EQ(r2(y, predicted), 1 - 1.5 / 29.1875);
}

TEST(Regression, DeviancesFollowTheirFormulas) {
  const Numbers y = {1, 4};
  const Numbers predicted = {2, 2};
  EXPECT_DOUBLE_EQ(mean_deviance(Deviance::poisson, y, predicted),
                   (std::log(0.5) - 1 + 2) + (4 * std::log(2.0) - 4 + 2));
  EXPECT_DOUBLE_EQ(mean_deviance(Deviance::gamma, y, predicted), (std::log(2.0) + 0.5 - 1) + (std::log(0.5) + 2 - 1));
  EXPECT_DOUBLE_EQ(mean_deviance(Deviance::poisson, Numbers{0}, Numbers{1.5}), 3);
  EXPECT_DOUBLE_EQ(mean_deviance(Deviance::poisson, y, predicted, Numbers{1, 0}), 2 * (std::log(0.5) + 1));
}

TEST(Regression, D2ComparesWithTheWeightedMean) {
  EXPECT_EQ(d2(Deviance::gamma, Numbers{1, 2, 6}, Numbers{3, 3, 3}), 0);
  EXPECT_EQ(d2(Deviance::poisson, Numbers{1, 2, 6}, Numbers{3.75, 3.75, 3.75}, Numbers{1, 1, 2}), 0);
  EXPECT_EQ(d2(Deviance::gamma, Numbers{1, 2, 6}, Numbers{1, 2, 6}), 1);
  EXPECT_EQ(d2(Deviance::gamma, Numbers{4, 4}, Numbers{4, 4}), 1);
  EXPECT_EQ(d2(Deviance::gamma, Numbers{4, 4}, Numbers{4, 5}), 0);
  EXPECT_EQ(refusal([] { d2(Deviance::gamma, Numbers{1}, Numbers{1}); }), "[d2] expected at least two rows, got one");
}

TEST(Regression, DeviancesRefuseWhatHasNone) {
  EXPECT_EQ(refusal([] { mean_deviance(Deviance::poisson, Numbers{1, -1}, Numbers{1, 1}); }),
            "[mean_deviance] expected y of 0 or more, got -1 in row 1");
  EXPECT_EQ(refusal([] { mean_deviance(Deviance::gamma, Numbers{0}, Numbers{1}); }),
            "[mean_deviance] expected y above 0, got 0 in row 0");
  EXPECT_EQ(refusal([] { d2(Deviance::gamma, Numbers{1, 2}, Numbers{1, 0}); }),
            "[d2] expected predictions above 0, got 0 in row 1");
}

TEST(Regression, R2OfAConstantTargetIsOneOrZero) {
  EXPECT_EQ(r2(Numbers{4, 4}, Numbers{4, 4}), 1);
  EXPECT_EQ(r2(Numbers{4, 4}, Numbers{4, 5}), 0);
}

TEST(Regression, RefusesBadInputs) {
  EXPECT_EQ(refusal([] { rmse(Numbers{1, INFINITY}, Numbers{1, 1}); }),
            "[rmse] expected finite numbers in y, got inf in row 1");
  EXPECT_EQ(refusal([] { mae(Numbers{1, 1}, Numbers{NAN, 1}); }),
            "[mae] expected finite numbers in predicted, got nan in row 0");
  EXPECT_EQ(refusal([] { r2(Numbers{1}, Numbers{1}); }), "[r2] expected at least two rows, got one");
  EXPECT_EQ(refusal([] { r2(Numbers{1}, Numbers{1, 2}); }), "[r2] y has 1 row, predicted has 2");
}

TEST(Regression, SumsDoNotLoseSmallErrorsAmongMany) {
  // Plain summation of 10^6 times 0.1 is off by 1e-6.
  const Numbers y(1000000, 0.0), predicted(1000000, 0.1);
  EXPECT_DOUBLE_EQ(mae(y, predicted), 0.1);
}

}  // namespace
}  // namespace thrum::metrics
