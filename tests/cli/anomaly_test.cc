// Rows without a target: trained on, scored, explained, and compared with labels that were not learned from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

const std::string tumours = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";

class Anomalies : public testing::Test {
 protected:
  Outcome train(const std::vector<std::string>& flags, const std::string& data = tumours) const {
    std::vector<std::string> arguments = {"train", "isolation-forest", data, "-o", model};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_thrum(arguments);
  }
  void train_without_target(std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--exclude", "diagnosis"});
    const Outcome run = train(flags);
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }

  TemporaryFolder folder;
  const std::string model = folder.file("model.thrum");
};

TEST_F(Anomalies, ArePredictedByLabelAndScore) {
  train_without_target({"--contamination", "0.1"});
  const Outcome run = run_thrum({"predict", model, tumours});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, StartsWith("prediction,score\n"));
  std::size_t n = 0;
  for (std::size_t at = run.out.find("anomaly"); at != std::string::npos; at = run.out.find("anomaly", at + 1)) ++n;
  EXPECT_EQ(n, 57u);  // a tenth of 569
  const Outcome proba = run_thrum({"predict", model, tumours, "--proba"});
  EXPECT_EQ(proba.exit_code, 2);
  EXPECT_THAT(proba.err, HasSubstr("--proba: " + model + " is of anomalies, which has no probabilities"));
}

TEST_F(Anomalies, AreInspectedAndExplained) {
  train_without_target();
  const Outcome card = run_thrum({"inspect", model});
  EXPECT_THAT(card.out, HasSubstr("isolation-forest, predicts anomalies from 30 features\n"
                                  "anomalies: rows with a score above 0.5\n"));
  EXPECT_THAT(card.out, HasSubstr("trained on 569 rows: 100 iterations, all trees are grown\n"));
  EXPECT_THAT(card.out, HasSubstr("100 trees"));
  const json inspected = json::parse(run_thrum({"inspect", model, "--json"}).out);
  EXPECT_EQ(inspected["target"]["task"], "anomaly");
  EXPECT_TRUE(inspected["training"]["objective"].is_null());
  const Outcome text = run_thrum({"explain", model, tumours, "--row", "1"});
  EXPECT_THAT(text.out, StartsWith("row 1: anomaly (score 0."));
  EXPECT_THAT(text.out, HasSubstr(", anomalies are above 0.5000)\nmargin of log score: -0."));
  EXPECT_EQ(run_thrum({"dependence", model, tumours, "--feature", "mean_area"}).exit_code, 0);
}

TEST_F(Anomalies, AreComparedWithLabelsThatWereNotLearnedFrom) {
  const Outcome run = train({"--target", "diagnosis", "--valid", "0.3", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["features"], 30);
  EXPECT_GT(report["valid"]["metrics"]["roc_auc"], 0.6);
  const Outcome evaluated = run_thrum({"evaluate", model, tumours, "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const json result = json::parse(evaluated.out);
  EXPECT_GT(result["metrics"]["roc_auc"], 0.7);
  EXPECT_EQ(result["confusion"]["classes"], json({"benign", "malignant"}));
  EXPECT_EQ(run_thrum({"importance", model, tumours, "--repeats", "1"}).exit_code, 0);
  EXPECT_EQ(run_thrum({"importance", model, tumours, "--metric", "rmse"}).err,
            "thrum: error: [importance] --metric: rmse is no score of anomalies\n");
}

TEST_F(Anomalies, CannotBeComparedWithoutLabels) {
  train_without_target();
  const Outcome run = run_thrum({"evaluate", model, tumours});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err, HasSubstr("the model was trained without a target, so there is no truth to compare with\n"
                                 "  train it with --target COLUMN\n"));
  const Outcome valid = train({"--valid", "0.2"});
  EXPECT_EQ(valid.exit_code, 2);
  EXPECT_EQ(valid.err,
            "thrum: error: [train] --valid: expected --target, too: without labels there is nothing to score\n"
            "  name the column of the labels, or leave --valid out\n");
}

TEST_F(Anomalies, AreFoundInPreparedColumns) {
  train_without_target({"--contamination", "0.2", "--prepare", "standard-scaler"});
  EXPECT_THAT(run_thrum({"inspect", model}).out, testing::Not(HasSubstr("score above 0\n")));
  EXPECT_THAT(run_thrum({"explain", model, tumours, "--row", "1"}).out, HasSubstr("margin of log score: "));
  const Outcome refused = train({"--prepare", "target-encoder"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("[prepare] target-encoder: expected a target to learn from, there is none\n"
                                     "  use one-hot or ordinal-encoder\n"));
}

TEST_F(Anomalies, HaveTheSameModelForAnyThreadsAndRanks) {
  train_without_target({"--contamination", "0.05", "--threads", "1"});
  const std::string one = read_text(model);
  for (const std::vector<std::string>& split :
       {std::vector<std::string>{"--threads", "5"}, {"--threads", "2", "--ranks", "3"}}) {
    std::vector<std::string> flags = {"--contamination", "0.05"};
    flags.insert(flags.end(), split.begin(), split.end());
    train_without_target(flags);
    EXPECT_TRUE(read_text(model) == one) << testing::PrintToString(split);
  }
}

}  // namespace
}  // namespace thrum::test
