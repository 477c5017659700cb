#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/thrum_process.h"
#include "thrum/runtime/sanitized_test.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string breast_cancer = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";

std::vector<std::vector<std::string>> rows_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

/// Trains once on the breast cancer data; the cases look at what came out.
class Flow : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    train_ = new Outcome(run_thrum(
        {"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", model(), "--json", "-j", "2"}));
  }
  static void TearDownTestSuite() {
    delete train_;
    delete folder_;
  }

  static std::string model() { return folder_->file("model.thrum"); }
  static const Outcome& train() { return *train_; }
  static std::string file(const std::string& name) { return folder_->file(name); }

  static TemporaryFolder* folder_;

 private:
  static Outcome* train_;
};
TemporaryFolder* Flow::folder_ = nullptr;
Outcome* Flow::train_ = nullptr;

TEST_F(Flow, TrainingNeedsLittleAddressSpace) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer reserves terabytes of it";
  const std::string limited = "ulimit -v 200000; exec timeout -s KILL 60 " THRUM_BINARY
                              " -q train logistic-regression " +
                              breast_cancer + " --target diagnosis -j 2 -o " + file("limited.thrum");
  EXPECT_EQ(std::system(limited.c_str()), 0);
  EXPECT_EQ(read_text(file("limited.thrum")), read_text(model()));
}

TEST_F(Flow, TrainReportsTheKeysThatScriptsRelyOn) {
  ASSERT_EQ(train().exit_code, 0) << train().err << train().out;
  const json result = json::parse(train().out);
  EXPECT_EQ(result.at("schema"), "thrum.train/1");
  EXPECT_EQ(result.at("rows"), 569);
  EXPECT_EQ(result.at("features"), 30);
  EXPECT_EQ(result.at("threads"), 2);
  EXPECT_EQ(result.at("model"), model());
  EXPECT_TRUE(result.at("converged"));
  EXPECT_GT(result.at("iterations"), 3);
  EXPECT_GT(result.at("load_seconds"), 0);
  EXPECT_GT(result.at("fit_seconds"), 0);
  EXPECT_EQ(result.at("classes"), json({"benign", "malignant"}));
  // scikit-learn 1.2: LogisticRegression(C=1) on the standardised columns.
  EXPECT_NEAR(result.at("objective").get<double>(), 0.0662, 0.001);
}

TEST_F(Flow, TrainTellsPeopleTheSameOnStandardError) {
  const Outcome run = run_thrum(
      {"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", file("told.thrum"), "-j", "2"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("breast_cancer.csv, 569 rows, 30 features (30 numeric, 0 categorical), 2 classes"));
  EXPECT_THAT(run.err, HasSubstr("with 2 threads: objective 0.0"));
  EXPECT_THAT(run.err, HasSubstr("saved " + file("told.thrum")));
  EXPECT_EQ(read_text(file("told.thrum")), read_text(model()));
}

TEST_F(Flow, QuietTrainingSaysNothing) {
  const Outcome run = run_thrum(
      {"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", file("quiet.thrum"), "-q"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out + run.err, "");
}

TEST_F(Flow, ModelGoesToStandardOutput) {
  const Outcome run =
      run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", "-", "-q"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, read_text(model()));
}

TEST_F(Flow, DataComesFromStandardInput) {
  const Outcome run =
      run_thrum({"train", "logistic-regression", "-", "--target", "diagnosis", "-o", file("stdin.thrum"), "-q"},
                {.input = read_text(breast_cancer)});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read_text(file("stdin.thrum")), read_text(model()));
}

TEST_F(Flow, EvaluateAgreesWithPredict) {
  const Outcome evaluated = run_thrum({"evaluate", model(), breast_cancer, "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const json result = json::parse(evaluated.out);
  EXPECT_GT(result.at("metrics").at("accuracy"), 0.98);
  EXPECT_GT(result.at("metrics").at("roc_auc"), 0.995);
  EXPECT_GT(result.at("predict_seconds"), 0);

  const Outcome predicted = run_thrum({"predict", model(), breast_cancer, "--proba", "-q"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const auto rows = rows_of(predicted.out);
  const auto truth = rows_of(read_text(breast_cancer));
  ASSERT_EQ(rows.size(), truth.size());
  EXPECT_EQ(rows[0], (std::vector<std::string>{"prediction", "proba_benign", "proba_malignant"}));
  double hits = 0;
  double loss = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const double benign = std::stod(rows[i][1]);
    const double malignant = std::stod(rows[i][2]);
    EXPECT_NEAR(benign + malignant, 1, 1e-12);
    EXPECT_EQ(rows[i][0], benign >= malignant ? "benign" : "malignant");
    hits += rows[i][0] == truth[i].back() ? 1 : 0;
    loss -= std::log(truth[i].back() == "benign" ? benign : malignant);
  }
  const double n = static_cast<double>(rows.size() - 1);
  EXPECT_NEAR(result.at("metrics").at("accuracy").get<double>(), hits / n, 1e-12);
  EXPECT_NEAR(result.at("metrics").at("log_loss").get<double>(), loss / n, 1e-12);
  double diagonal = 0;
  for (std::size_t k = 0; k < 2; ++k) diagonal += result.at("confusion").at("counts")[k][k].get<double>();
  EXPECT_EQ(diagonal, hits);
}

TEST_F(Flow, PredictWritesTheSameToAFile) {
  const Outcome run = run_thrum({"predict", model(), breast_cancer, "--proba", "-o", file("p.csv"), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json result = json::parse(run.out);
  EXPECT_EQ(result.at("rows"), 569);
  EXPECT_GT(result.at("predict_seconds"), 0);
  EXPECT_EQ(read_text(file("p.csv")), run_thrum({"predict", model(), breast_cancer, "--proba"}).out);
}

TEST_F(Flow, PredictionNeedsNoTargetColumnAndMatchesColumnsByName) {
  const auto rows = rows_of(read_text(breast_cancer));
  std::string reversed;
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = rows[i].size() - 1; j-- > 0;) reversed += rows[i][j] + (j > 0 ? "," : "\n");
  }
  const Outcome run = run_thrum({"predict", model(), "-"}, {.input = reversed});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto all = rows_of(run_thrum({"predict", model(), breast_cancer}).out);
  EXPECT_EQ(rows_of(run.out), std::vector(all.begin(), all.begin() + 20));
}

TEST_F(Flow, EvaluateTextShowsScoresAndConfusion) {
  const Outcome run = run_thrum({"evaluate", model(), breast_cancer});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, testing::ContainsRegex("accuracy +0\\.98"));
  EXPECT_THAT(run.out, testing::ContainsRegex("actual . predicted  benign  malignant\nbenign +[0-9]+ +[0-9]+\n"));
}

TEST_F(Flow, GatesThatAreMetDoNothing) {
  EXPECT_EQ(run_thrum({"evaluate", model(), breast_cancer, "--min", "roc_auc=0.9,accuracy=0.9", "--max", "brier=0.2"})
                .exit_code,
            0);
}

TEST_F(Flow, GateThatIsNotMetEndsWithCode5AndTheScore) {
  const Outcome run = run_thrum({"evaluate", model(), breast_cancer, "--min", "roc_auc=0.9999"});
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_THAT(run.out, HasSubstr("roc_auc"));
  EXPECT_THAT(run.err, testing::ContainsRegex("\\[evaluate\\] roc_auc is 0\\.99[0-9]+, but at least 0\\.9999"));
}

TEST_F(Flow, InspectShowsTheCard) {
  const Outcome run = run_thrum({"inspect", model()});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("logistic-regression, predicts diagnosis (2 classes) from 30 features"));
  EXPECT_THAT(run.out, HasSubstr("trained on 569 rows"));
  EXPECT_THAT(run.out, HasSubstr("C = 1"));
  const json card = json::parse(run_thrum({"inspect", model(), "--json"}).out);
  EXPECT_EQ(card.at("features").size(), 30u);
  EXPECT_EQ(card.at("training").at("options").at("max_iter"), 100);
  EXPECT_GT(card.at("parameters").at("encoding").at("mean_radius").at("scale"), 3);
}

TEST_F(Flow, ValidFractionScoresRowsThatWereHeldOut) {
  const Outcome run = run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o",
                                 file("v.thrum"), "--valid", "0.2", "--json", "--seed", "3"});
  ASSERT_EQ(run.exit_code, 0) << run.out;
  const json valid = json::parse(run.out).at("valid");
  EXPECT_EQ(valid.at("rows"), 114);
  EXPECT_GT(valid.at("metrics").at("accuracy"), 0.93);
  EXPECT_EQ(json::parse(run_thrum({"inspect", file("v.thrum"), "--json"}).out).at("training").at("rows"), 455);
}

TEST_F(Flow, StepsThatPrepareColumnsLieInTheModel) {
  const Outcome run =
      run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", file("p.thrum"),
                 "--prepare", "k-bins(n_bins=8, encode=onehot)", "--valid", "0.2", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.out;
  EXPECT_EQ(json::parse(run.out).at("features"), 30);
  EXPECT_GT(json::parse(run.out).at("valid").at("metrics").at("accuracy"), 0.93);
  const json scores = json::parse(run_thrum({"evaluate", file("p.thrum"), breast_cancer, "--json"}).out).at("metrics");
  EXPECT_GT(scores.at("accuracy"), 0.95);
  const std::string card = run_thrum({"inspect", file("p.thrum"), "--json"}).out;
  EXPECT_EQ(json::parse(card).at("parameters").at("pipeline").at(0).at("step"), "k-bins");
  EXPECT_EQ(nlohmann::ordered_json::parse(card).dump(2) + "\n", card);
}

TEST_F(Flow, CategoriesAreThoseOfTheTrainingRows) {
  std::string rows = "place,y\n";
  for (int i = 0; i < 40; ++i) rows += "p" + std::to_string(i) + (i % 2 == 0 ? ",no\n" : ",yes\n");
  folder_->write("places.csv", rows);
  const auto train = [&](const std::string& step) {
    return run_thrum({"train", "logistic-regression", file("places.csv"), "--target", "y", "-o", file("c.thrum"),
                      "--prepare", step, "--valid", "0.5"});
  };
  ASSERT_EQ(train("one-hot").exit_code, 0);
  const json card = json::parse(run_thrum({"inspect", file("c.thrum"), "--json"}).out);
  EXPECT_EQ(card.at("parameters").at("pipeline").at(0).at("columns").at(0).at("names").size(), 20);
  const Outcome refused = train("one-hot(handle_unknown=error)");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("places.csv: row 4 holds \"p3\", which is no category of the training rows\n"));
  EXPECT_THAT(refused.err, HasSubstr("leave the row out, or train with another handle_unknown than error"));
}

TEST_F(Flow, ModelsWithStepsExplainThemselvesByTheRawColumns) {
  const Outcome run = run_thrum({"train", "gbdt", breast_cancer, "--target", "diagnosis", "-o", file("p.thrum"),
                                 "--n-estimators", "5", "--prepare", "k-bins(n_bins=8, encode=onehot)"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json margin =
      json::parse(run_thrum({"explain", file("p.thrum"), breast_cancer, "--json"}).out).at("margins").at(0);
  double sum = margin.at("base");
  for (const auto& [name, part] : margin.at("contributions").items()) sum += part.get<double>();
  EXPECT_EQ(margin.at("contributions").size(), 30);
  EXPECT_NE(margin.at("contributions").at("mean_concave_points"), 0);
  EXPECT_NEAR(sum, margin.at("margin"), 1e-12);
  EXPECT_THAT(run_thrum({"explain", file("p.thrum"), breast_cancer, "--paths"}).out, HasSubstr("=bin"));
}

TEST_F(Flow, ColumnsMadeOfSeveralExplainThemselvesByTheirNames) {
  const Outcome run =
      run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", file("p.thrum"),
                 "--prepare", "standard-scaler; polynomial(columns=mean_radius|mean_texture, interaction_only=true)"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json margin =
      json::parse(run_thrum({"explain", file("p.thrum"), breast_cancer, "--json"}).out).at("margins").at(0);
  EXPECT_NE(margin.at("contributions").at("mean_radius mean_texture"), 0);
  EXPECT_EQ(run_thrum({"predict", file("p.thrum"), breast_cancer, "--contributions"}).exit_code, 3);
}

TEST_F(Flow, ValidFileIsScored) {
  const Outcome run = run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o",
                                 file("w.thrum"), "--valid", breast_cancer, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.out;
  EXPECT_EQ(json::parse(run.out).at("valid").at("metrics"),
            json::parse(run_thrum({"evaluate", model(), breast_cancer, "--json"}).out).at("metrics"));
}

TEST_F(Flow, SeedDecidesWhichRowsAreHeldOut) {
  const auto objective = [&](const std::string& seed) {
    return json::parse(run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o",
                                  file("s.thrum"), "--valid", "0.5", "--json", "--seed", seed})
                           .out)
        .at("objective");
  };
  EXPECT_EQ(objective("1"), objective("1"));
  EXPECT_NE(objective("1"), objective("2"));
}

TEST_F(Flow, ExcludedColumnsAreNoFeatures) {
  const Outcome run =
      run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", file("e.thrum"),
                 "--exclude", "mean_radius,mean_texture", "--exclude", "mean_area", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.out;
  EXPECT_EQ(json::parse(run.out).at("features"), 27);
}

TEST_F(Flow, UnconvergedTrainingWarnsWithAdvice) {
  const Outcome run = run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o",
                                 file("u.thrum"), "--max-iter", "2"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, HasSubstr("thrum: warning: [logistic-regression] not converged after 2 iterations"));
  EXPECT_THAT(run.err, HasSubstr("raise max_iter"));
}

TEST_F(Flow, JsonLinesOfProgressGoToStandardError) {
  const Outcome run = run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o",
                                 file("l.thrum"), "--log-format", "json"});
  ASSERT_EQ(run.exit_code, 0);
  bool fit_seen = false;
  std::istringstream lines(run.err);
  for (std::string line; std::getline(lines, line);) {
    const json event = json::parse(line);
    fit_seen = fit_seen || (event.at("event") == "progress" && event.at("stage") == "fit");
  }
  EXPECT_TRUE(fit_seen) << run.err;
}

TEST_F(Flow, ARegressionIsTrainedScoredAndShown) {
  for (const std::string learner : {"linear-regression", "ridge", "lasso", "elastic-net"}) {
    const Outcome run = run_thrum({"train", learner, breast_cancer, "--target", "worst_area", "--exclude", "diagnosis",
                                   "-o", file("area.thrum"), "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_TRUE(json::parse(run.out).at("converged"));
    const json scores = json::parse(run_thrum({"evaluate", file("area.thrum"), breast_cancer, "--json"}).out);
    EXPECT_GT(scores.at("metrics").at("r2").get<double>(), 0.9);
    EXPECT_GT(scores.at("metrics").at("rmse").get<double>(), 0);
    const Outcome shown = run_thrum({"inspect", file("area.thrum")});
    EXPECT_THAT(shown.out, HasSubstr(learner + ", predicts worst_area from 29 features"));
    EXPECT_THAT(shown.out, HasSubstr("change of \"worst_area\""));
  }
}

TEST_F(Flow, ARegressionOfMeansIsScoredByItsDeviance) {
  for (const std::string name : {"poisson", "gamma"}) {
    const Outcome run = run_thrum({"train", name + "-regression", breast_cancer, "--target", "worst_area", "--exclude",
                                   "diagnosis", "-o", file("area.thrum"), "--alpha", "0.001", "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const json scores = json::parse(run_thrum({"evaluate", file("area.thrum"), breast_cancer, "--json"}).out);
    EXPECT_GT(scores.at("metrics").at("d2").get<double>(), 0.9);
    EXPECT_GT(scores.at("metrics").at("mean_" + name + "_deviance").get<double>(), 0);
  }
}

TEST_F(Flow, StochasticGradientDescentIsTrainedAndScored) {
  const Outcome run = run_thrum({"train", "sgd-classifier", breast_cancer, "--target", "diagnosis", "-o",
                                 file("sgd.thrum"), "--loss", "hinge", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(json::parse(run.out).at("converged"));
  const json scores = json::parse(run_thrum({"evaluate", file("sgd.thrum"), breast_cancer, "--json"}).out);
  EXPECT_GT(scores.at("metrics").at("accuracy").get<double>(), 0.95);
}

TEST_F(Flow, InspectOfDataCountsClassesAndRanges) {
  const json result = json::parse(run_thrum({"data", "inspect", breast_cancer, "--target", "diagnosis", "--json"}).out);
  EXPECT_EQ(result.at("rows"), 569);
  EXPECT_EQ(result.at("columns").size(), 31u);
  EXPECT_EQ(result.at("target").at("classes"), json({{"benign", 357}, {"malignant", 212}}));
  const json& first = result.at("columns")[0];
  EXPECT_NEAR(first.at("min").get<double>(), 6.981, 1e-9);
  EXPECT_NEAR(first.at("max").get<double>(), 28.11, 1e-9);
  EXPECT_NEAR(first.at("mean").get<double>(), 14.127291739894552, 1e-9);
}

}  // namespace
}  // namespace thrum::test
