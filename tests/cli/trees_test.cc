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
