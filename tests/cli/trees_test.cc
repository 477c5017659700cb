// Trees as people look at them: drawn, explained, and row by row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

const std::string boosted = THRUM_SOURCE_DIR "/tests/golden/gbdt-2-v1.thrum";
const std::string forest = THRUM_SOURCE_DIR "/tests/golden/random-forest-3-v1.thrum";
const std::string linear = THRUM_SOURCE_DIR "/tests/golden/logistic-regression-2-v1.thrum";
const std::string rows = "age,hours,work,sky\n50,35,a,grey\n18,,b,blue\n,12.5,,\u00fc\n";

TEST(Trees, AreInspected) {
  const Outcome card = run_thrum({"inspect", boosted});
  EXPECT_EQ(card.exit_code, 0) << card.err;
  EXPECT_THAT(card.out, HasSubstr("6 trees with 42 leaves, at most 6 questions deep\n"));
  EXPECT_THAT(card.out, HasSubstr("   34.32 %       10  hours\n"));
  EXPECT_EQ(json::parse(run_thrum({"inspect", boosted, "--json"}).out)["parameters"]["importances"]["split"]["age"], 8);
}

TEST(Trees, AreDrawn) {
  EXPECT_THAT(run_thrum({"inspect", boosted, "--tree", "1"}).out,
              StartsWith("tree 1 of 6: 7 leaves\n"
                         "hours <= 54?  (351 rows, gain 0.490274)\n"
                         "|- yes: work in {a}?  (144 rows, gain 0.233299)\n"));
  EXPECT_EQ(run_thrum({"inspect", boosted, "--tree", "1", "--max-depth", "1"}).out,
            "tree 1 of 6: 7 leaves\n"
            "hours <= 54?  (351 rows, gain 0.490274)\n"
            "|- yes: ...  (144 rows)\n"
            "`- no:  ...  (207 rows)\n");
  EXPECT_THAT(run_thrum({"inspect", boosted, "--tree", "1", "--format", "svg"}).out, StartsWith("<svg "));
  EXPECT_THAT(run_thrum({"inspect", boosted, "--tree", "1", "--format", "dot"}).out, StartsWith("digraph tree {"));
  EXPECT_EQ(json::parse(run_thrum({"inspect", boosted, "--tree", "1", "--json"}).out)["leaves"].size(), 7u);
  EXPECT_EQ(json::parse(run_thrum({"inspect", forest, "--dump"}).out)["trees"].size(), 3u);
}

TEST(Trees, AreNotFoundWhereThereAreNone) {
  const Outcome beyond = run_thrum({"inspect", boosted, "--tree", "6"});
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_EQ(beyond.err, "thrum: error: [tree] expected a tree from 0 to 5, got 6\n");
  const Outcome none = run_thrum({"inspect", linear, "--tree", "0"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.err, "thrum: error: [inspect] " + linear +
                          " is a logistic-regression, which has no trees\n  leave --tree and --dump out\n");
}

class Continued : public testing::Test {
 protected:
  Outcome train(const std::string& output, const std::vector<std::string>& flags,
                const std::string& learner = "gbdt") const {
    std::vector<std::string> arguments = {
        "train", learner, tumours, "--target", "diagnosis", "-o", folder.file(output)};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_thrum(arguments);
  }
  std::string card(const std::string& output) const { return run_thrum({"inspect", folder.file(output)}).out; }
  std::string scores(const std::string& output) const {
    return run_thrum({"predict", folder.file(output), tumours, "--proba"}).out;
  }

  const std::string tumours = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";
  TemporaryFolder folder;
  const std::string start = folder.file("start");
};

TEST_F(Continued, KeepsTheTreesOfItsStart) {
  ASSERT_EQ(train("start", {"--n-estimators", "4"}).exit_code, 0);
  EXPECT_THAT(card("start"), HasSubstr(" after 4 iterations, all trees are grown\n"));
  const Outcome more = train("more", {"--n-estimators", "3", "--start", start});
  ASSERT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(card("more"), HasSubstr("7 trees"));
  EXPECT_EQ(run_thrum({"inspect", folder.file("more"), "--tree", "3", "--json"}).out,
            run_thrum({"inspect", start, "--tree", "3", "--json"}).out);
  const Outcome refit = train("refit", {"--refit", "--start", start, "--valid", "0.5"});
  ASSERT_EQ(refit.exit_code, 0) << refit.err;
  EXPECT_THAT(card("refit"), HasSubstr("4 trees"));
  EXPECT_NE(scores("refit"), scores("start"));
  ASSERT_EQ(train("kept", {"--refit", "--start", start, "--refit-decay-rate", "1"}).exit_code, 0);
  EXPECT_EQ(scores("kept"), scores("start"));
}

TEST_F(Continued, NamesAStartThatDoesNotFit) {
  ASSERT_EQ(train("start", {"--n-estimators", "2"}).exit_code, 0);
  const auto refusal = [&](std::vector<std::string> flags, const std::string& learner = "gbdt") {
    flags.insert(flags.end(), {"--start", start});
    const Outcome run = train("out", flags, learner);
    EXPECT_EQ(run.exit_code, 2);
    return run.err;
  };
  EXPECT_THAT(refusal({"--exclude", "mean_area"}),
              HasSubstr("--start and --exclude exclude each other: the columns are those of the model\n"));
  EXPECT_THAT(refusal({"--prepare", "impute"}),
              HasSubstr("--start and --prepare exclude each other: the columns are those of the model\n"));
  EXPECT_THAT(refusal({}, "random-forest"),
              HasSubstr("--start: expected a model by random-forest, " + start + " is by gbdt\n"));
  EXPECT_THAT(refusal({"--target", "mean_area"}),
              HasSubstr("--start: " + start + " learned diagnosis, not what --target and --query name\n"));
  ASSERT_EQ(train("start", {"--n-estimators", "2", "--prepare", "impute"}).exit_code, 0);
  EXPECT_THAT(refusal({}),
              HasSubstr("--start: " + start + " prepares its columns; such a model cannot be continued\n"));
  EXPECT_EQ(train("out", {"--refit"}).exit_code, 3);
}

TEST(Explain, RanksWhatFeaturesAdd) {
  const Outcome run = run_thrum({"explain", boosted, "-", "--row", "2"}, {.input = rows});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out,
            "row 2: income is predicted as >50K (probability 0.8922)\n"
            "margin of >50K: 2.11393\n"
            "      2.673822  (base)\n"
            "     -0.498742  hours = missing\n"
            "     -0.333453  age = 18\n"
            "     +0.322844  work = b\n"
            "     -0.050541  sky = blue\n");
}

TEST(Explain, AddsUpForEveryClass) {
  const json explained = json::parse(run_thrum({"explain", forest, "-", "--json"}, {.input = rows}).out);
  ASSERT_EQ(explained["margins"].size(), 3u);
  for (std::size_t k = 0; k < 3; ++k) {
    double sum = explained["margins"][k]["base"];
    for (const auto& part : explained["margins"][k]["contributions"]) sum += part.get<double>();
    EXPECT_NEAR(sum, explained["outputs"][k], 1e-12);
  }
}

TEST(Explain, ShowsTheWayThroughEveryTree) {
  const Outcome run = run_thrum({"explain", forest, "-", "--row", "3", "--top", "2", "--paths"}, {.input = rows});
  EXPECT_THAT(run.out, HasSubstr("2 features more\n"));
  EXPECT_THAT(run.out, HasSubstr("tree 0 of 3: 9 leaves\n  age <= 30?  no, it is missing\n"));
}

TEST(Explain, TakesLinearModelsToo) {
  const Outcome run = run_thrum({"explain", linear, "-"}, {.input = rows});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("age = 50\n"));
}

TEST(Explain, SaysWhatItCannotExplain) {
  const Outcome row = run_thrum({"explain", boosted, "-", "--row", "4"}, {.input = rows});
  EXPECT_EQ(row.exit_code, 2);
  EXPECT_THAT(row.err, HasSubstr("--row: standard input has 3 rows, got 4\n"));
  const Outcome of_class = run_thrum({"explain", forest, "-", "--class", "3"}, {.input = rows});
  EXPECT_EQ(of_class.exit_code, 2);
  EXPECT_THAT(of_class.err, HasSubstr("[explain] --class: the model has no margin of its own for \"3\"\n"));
  const Outcome paths = run_thrum({"explain", linear, "-", "--paths"}, {.input = rows});
  EXPECT_EQ(paths.exit_code, 2);
  EXPECT_THAT(paths.err, HasSubstr("is a logistic-regression, which has no trees\n"));
}

TEST(Contributions, AreColumnsOfThePredictions) {
  std::istringstream csv(run_thrum({"predict", boosted, "-", "--contributions"}, {.input = rows}).out);
  std::string header, first;
  std::getline(csv, header);
  std::getline(csv, first);
  EXPECT_EQ(header,
            "prediction,contribution_age,contribution_hours,contribution_work,contribution_sky,contribution_(base)");
  EXPECT_THAT(first, StartsWith(">50K,-0.236512895918"));
}

}  // namespace
}  // namespace thrum::test
