#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/data/csv.h"
#include "thrum/learn/tree/forest/isolation_forest.h"
#include "thrum/metrics/ranking.h"

namespace thrum {
namespace {

/// Scores of scikit-learn's, written by tests/reference/isolation_forest_reference.py.
Json reference() {
  std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/isolation_forest.json");
  return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "isolation_forest.json");
}

class IsolationForestOfTumours : public testing::TestWithParam<const char*> {
 protected:
  const LocalExecution execution{2};
  const std::shared_ptr<const Table> table =
      std::make_shared<const Table>(read_csv(THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv", {}, execution));

  std::unique_ptr<Model> fit(const Json& options_of_case) const {
    const IsolationForest learner;
    Options options = learner.default_options();
    options.set("n_estimators", "2000");
    for (const auto& [name, value] : options_of_case.items()) options.set(name, value.get<std::string>());
    const Dataset dataset(table, {.target = "diagnosis", .task = Task::anomaly});
    return learner.Learner::fit(dataset, options, execution);
  }
};

TEST_P(IsolationForestOfTumours, ScoresAsScikitLearnDoes) {
  const Json expected = reference()[GetParam()];
  const auto model = fit(expected["options"]);
  const std::vector<double> scores = predict(*model, *table, execution);
  const auto theirs = expected["scores"].get<std::vector<double>>();
  ASSERT_EQ(scores.size(), theirs.size());
  double difference = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(scores[i], theirs[i], 0.02) << "row " << i;  // four deviations of a mean over 2000 trees
    difference += (scores[i] - theirs[i]) / static_cast<double>(scores.size());
  }
  EXPECT_NEAR(difference, 0, 0.004);
}

TEST_P(IsolationForestOfTumours, FindsAsManyAsScikitLearnDoes) {
  const Json expected = reference()[GetParam()];
  const auto model = fit(expected["options"]);
  const Column& labels = table->column("diagnosis");
  std::vector<std::size_t> y;
  for (std::size_t row = 0; row < table->n_rows(); ++row) y.push_back(labels.text(row) == "malignant" ? 1 : 0);
  EXPECT_NEAR(metrics::roc_auc(y, predict(*model, *table, execution)), expected["roc_auc"].get<double>(), 0.02);
}

INSTANTIATE_TEST_SUITE_P(Cases, IsolationForestOfTumours,
                         testing::Values("defaults", "small_samples", "few_features", "all_rows", "bootstrap"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(IsolationForestOfTumours, TakesAScikitLearnThreshold) {
  const auto model = fit({{"contamination", "0.1"}});
  EXPECT_NEAR(model->schema().target.threshold, reference()["defaults"]["threshold_of_a_tenth"].get<double>(), 0.004);
}

}  // namespace
}  // namespace thrum
