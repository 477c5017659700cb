#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/metrics/classification.h"
#include "thrum/metrics/evaluation.h"
#include "thrum/metrics/ranking.h"

// Random cases and scikit-learn's scores of them, written by tests/reference/metrics_reference.py.
namespace thrum::metrics {
namespace {

using Numbers = std::vector<double>;

const Json& reference() {
  static const Json parsed = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/metrics.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "metrics.json");
  }();
  return parsed;
}

struct ClassificationCase {
  explicit ClassificationCase(const Json& json)
      : y(json["y"].get<std::vector<std::size_t>>()), weights(json["w"].get<Numbers>()), scores(json["scores"]) {
    n_classes = json["p"][0].size();
    for (const Json& row : json["p"]) {
      for (const Json& p : row) values.push_back(p.get<double>());
      const auto largest = std::max_element(values.end() - static_cast<std::ptrdiff_t>(n_classes), values.end());
      predicted.push_back(static_cast<std::size_t>(largest - values.end()) + n_classes);
      if (n_classes == 2) positive.push_back(values.back());
    }
  }
  MatrixView<const double> probabilities() const { return {values.data(), y.size(), n_classes}; }

  std::vector<std::size_t> y;
  std::vector<std::size_t> predicted;
  Numbers values;
  Numbers positive;
  Numbers weights;
  std::size_t n_classes = 0;
  Json scores;
};

void expect_close(double ours, const Json& theirs, const std::string& what) {
  EXPECT_NEAR(ours, theirs.get<double>(), 1e-12 * std::max(1.0, std::abs(theirs.get<double>()))) << what;
}

void expect_close(const Numbers& ours, const Json& theirs, const std::string& what) {
  ASSERT_EQ(ours.size(), theirs.size()) << what;
  for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], theirs[i], what + " " + std::to_string(i));
}

class ClassificationReference : public testing::TestWithParam<std::size_t> {
 protected:
  const Json& json() const { return reference()["classification"][GetParam()]; }
};

TEST_P(ClassificationReference, EveryAverageEqualsScikitLearn) {
  const ClassificationCase c(json());
  const ConfusionMatrix confusion(c.y, c.predicted, c.n_classes, c.weights);
  const std::pair<const char*, Average> averages[] = {{"binary", Average::binary},
                                                      {"macro", Average::macro},
                                                      {"micro", Average::micro},
                                                      {"weighted", Average::weighted}};
  for (const auto& [name, average] : averages) {
    if (!c.scores.contains(std::string("f1_") + name)) continue;
    expect_close(confusion.precision(average), c.scores[std::string("precision_") + name], name);
    expect_close(confusion.recall(average), c.scores[std::string("recall_") + name], name);
    expect_close(confusion.f1(average), c.scores[std::string("f1_") + name], name);
  }
  for (std::size_t i = 0; i < c.n_classes; ++i) {
    for (std::size_t j = 0; j < c.n_classes; ++j) expect_close(confusion(i, j), json()["confusion"][i][j], "confusion");
  }
  expect_close(accuracy(c.y, c.predicted, c.weights), c.scores["accuracy"], "accuracy");
}

TEST_P(ClassificationReference, EvaluationEqualsScikitLearn) {
  const ClassificationCase c(json());
  const std::string average = c.n_classes == 2 ? "_binary" : "_macro";
  for (const Score& score : classification_metrics(c.y, c.probabilities(), c.weights)) {
    const bool averaged = !c.scores.contains(score.name);
    expect_close(score.value, c.scores[averaged ? score.name + average : score.name], score.name);
    EXPECT_EQ(score.why_undefined, "");
  }
}

TEST_P(ClassificationReference, RocCurveEqualsScikitLearn) {
  const ClassificationCase c(json());
  if (c.n_classes != 2) {
    EXPECT_FALSE(json().contains("roc_curve"));
    return;
  }
  const RocCurve curve = roc_curve(c.y, c.positive, c.weights);
  expect_close(curve.false_positive_rate, json()["roc_curve"]["fpr"], "false positive rate");
  expect_close(curve.true_positive_rate, json()["roc_curve"]["tpr"], "true positive rate");
  EXPECT_EQ(curve.thresholds[0], INFINITY);
  expect_close(Numbers(curve.thresholds.begin() + 1, curve.thresholds.end()), json()["roc_curve"]["thresholds"],
               "threshold");
}

INSTANTIATE_TEST_SUITE_P(Cases, ClassificationReference, testing::Range<std::size_t>(0, 14));

TEST(MetricsReference, HasTheCasesThatTheTestsWalk) {
  EXPECT_EQ(reference()["classification"].size(), 14);
  EXPECT_EQ(reference()["regression"].size(), 6);
}

TEST(MetricsReference, RegressionEqualsScikitLearn) {
  for (const Json& c : reference()["regression"]) {
    const auto y = c["y"].get<Numbers>(), predicted = c["predicted"].get<Numbers>(), weights = c["w"].get<Numbers>();
    for (const Score& score : regression_metrics(y, predicted, weights)) {
      expect_close(score.value, c["scores"][score.name], score.name);
    }
  }
}

}  // namespace
}  // namespace thrum::metrics
