#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "thrum/data/csv.h"
#include "thrum/learn/linear/logistic_regression.h"

namespace thrum {
namespace {

/// The census data, where it is there.
class Adult : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent";
  }

  static std::shared_ptr<const Table> read(const char* name) {
    return std::make_shared<const Table>(read_csv(folder / name, {}, LocalExecution(2)));
  }

  inline static const std::filesystem::path folder = THRUM_TEST_DATA "/adult";
};

double accuracy(std::span<const double> positive, std::span<const double> y) {
  double right = 0;
  for (std::size_t i = 0; i < y.size(); ++i) right += (positive[i] > 0.5) == (y[i] == 1) ? 1 : 0;
  return right / static_cast<double>(y.size());
}

/// The probability that a row of class 1 has a higher score than one of class 0.
double roc_auc(std::span<const double> scores, std::span<const double> y) {
  std::vector<double> negatives;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0) negatives.push_back(scores[i]);
  }
  std::sort(negatives.begin(), negatives.end());
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0) continue;
    const auto [low, high] = std::equal_range(negatives.begin(), negatives.end(), scores[i]);
    sum += static_cast<double>(low - negatives.begin()) + 0.5 * static_cast<double>(high - low);
  }
  return sum / static_cast<double>(negatives.size()) / static_cast<double>(y.size() - negatives.size());
}

TEST_F(Adult, IsPredictedAsWellAsLinearModelsDo) {
  const LocalExecution execution(2);
  const Dataset train(read("adult_train.csv.gz"), {.target = "income"});
  const auto model = LogisticRegression().fit(train, LogisticRegressionOptions{}, execution);
  EXPECT_TRUE(model->training().converged);

  const auto table = read("adult_test.csv.gz");
  const Dataset test(table, {.target = "income"});
  const std::vector<double> probabilities = predict(*model, *table, execution);
  std::vector<double> positive;
  for (std::size_t i = 1; i < probabilities.size(); i += 2) positive.push_back(probabilities[i]);
  EXPECT_GE(roc_auc(positive, test.y()), 0.905);
  EXPECT_GE(accuracy(positive, test.y()), 0.848);
}

}  // namespace
}  // namespace thrum
