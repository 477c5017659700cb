#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "thrum/data/csv.h"
#include "thrum/learn/tree/forest/random_forest.h"

namespace thrum {
namespace {

/// Real data, where it is there.
std::shared_ptr<const Table> read(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(THRUM_TEST_DATA) / name;
  if (!std::filesystem::exists(path)) return nullptr;
  return std::make_shared<const Table>(read_csv(path, {}, LocalExecution(2)));
}

/// The probability that a row of class 1 has a higher score than one of class 0: of the ranks of their scores.
double roc_auc(std::span<const double> probabilities, std::span<const double> y) {
  std::vector<std::pair<double, double>> rows;
  for (std::size_t i = 0; i < y.size(); ++i) rows.emplace_back(probabilities[2 * i + 1], -y[i]);
  std::ranges::sort(rows);  // of equal scores the positives first, which is a little too strict
  double n_negative = 0;
  double sum = 0;
  for (const auto& [score, label] : rows) {
    n_negative += label == 0 ? 1 : 0;
    sum += label == 0 ? 0 : n_negative;
  }
  return sum / n_negative / (static_cast<double>(y.size()) - n_negative);
}

TEST(RandomForestOfAdult, RanksIncomesOfUnseenPeople) {
  const auto train = read("adult/adult_train.csv.gz");
  const auto test = read("adult/adult_test.csv.gz");
  if (train == nullptr || test == nullptr) GTEST_SKIP() << "adult/ is absent from " << THRUM_TEST_DATA;
  RandomForestOptions options;
  options.n_estimators = 200;
  const LocalExecution execution(2);
  const auto model = RandomForest().fit(Dataset(train, {.target = "income"}), options, execution);
  const Dataset rows = Dataset::by_schema(test, model->schema());
  EXPECT_GE(roc_auc(predict(*model, *test, execution), rows.y()), 0.909);
}

TEST(RandomForestOfHousing, PredictsPricesOfEveryFifthDistrict) {
  const auto table = read("housing/california_housing.csv.gz");
  if (table == nullptr) GTEST_SKIP() << "housing/ is absent from " << THRUM_TEST_DATA;
  const Dataset dataset(table, {.target = "median_house_value", .task = Task::regression});
  std::vector<std::uint8_t> mask(dataset.n_rows(), 1);
  for (std::size_t i = 0; i < mask.size(); i += 5) mask[i] = 0;
  const LocalExecution execution(2);
  const Options options = RandomForest().default_options();
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto models = RandomForest().fit_many(dataset, std::span(&spec, 1), execution);
  const std::vector<double> predicted = predict(*models.front(), *table, execution);
  double squares = 0;
  double n = 0;
  for (std::size_t i = 0; i < mask.size(); i += 5, ++n) squares += std::pow(predicted[i] - dataset.y()[i], 2);
  EXPECT_LE(std::sqrt(squares / n), 49'000);
}

}  // namespace
}  // namespace thrum
