#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Outcome plan(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"plan", "--fits", "125", "--seconds-per-fit", "70"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_thrum(arguments);
}

json plan_json(std::vector<std::string> more) {
  more.emplace_back("--json");
  const Outcome run = plan(more);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return json::parse(run.out);
}

TEST(Plan, SaysHowManyCoresMeetTheDeadline) {
  const json made = plan_json({"--deadline", "20m"});
  EXPECT_EQ(made.at("schema"), "thrum.plan/1");
  EXPECT_EQ(made.at("cores"), 8);
  EXPECT_EQ(made.at("wall_seconds"), 1120);
  EXPECT_EQ(made.at("waves"), 16);
  EXPECT_EQ(made.at("deadline_seconds"), 1200);
  EXPECT_EQ(plan_json({"--deadline", "20m", "--folds", "5"}).at("cores"), 37);
  EXPECT_EQ(plan_json({"--deadline", "20m", "--folds", "5", "--refit"}).at("cores"), 40);
}

TEST(Plan, RoundsUpToWhatCanBeRented) {
  const json made = plan_json(
      {"--deadline", "1200s", "--folds", "5", "--refit", "--core-options", "64,32,48", "--core-options", "8"});
  EXPECT_EQ(made.at("cores"), 48);
  EXPECT_EQ(made.at("cores_needed"), 40);
  EXPECT_EQ(made.at("wall_seconds"), (625 + 47) / 48 * 70 + 70);
}

TEST(Plan, CountsTheCoresOfFitsWithSeveralThreads) {
  EXPECT_EQ(plan_json({"--deadline", "20m", "--threads-per-fit", "4"}).at("cores"), 32);
}

TEST(Plan, TakesATimePerFit) {
  const Outcome run =
      run_thrum({"plan", "--seconds-per-fit", "50,30", "--seconds-per-fit", "20", "--deadline", "50s", "--json"});
  const json made = json::parse(run.out);
  EXPECT_EQ(made.at("fits"), 3);
  EXPECT_EQ(made.at("cores"), 2);
  EXPECT_EQ(made.at("efficiency"), 1.0);
}

TEST(Plan, WithoutADeadlineIsATableWithThisMachine) {
  const json made = plan_json({"-j", "3"});
  EXPECT_EQ(made.at("cores"), 3);
  EXPECT_EQ(made.at("wall_seconds"), 42 * 70);
  EXPECT_EQ(made.at("deadline_seconds"), nullptr);
  std::vector<int> cores;
  for (const json& row : made.at("table")) cores.push_back(row.at("cores"));
  EXPECT_EQ(cores, (std::vector{1, 2, 3, 4, 8, 16, 32, 64, 125}));
}

TEST(Plan, ShowsTheCoresThatAreTooFew) {
  const Outcome run = plan({"--deadline", "20m", "--core-options", "4,8"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out,
            "8 cores: 125 fits in 18 min 40 s; the deadline is 20 min\n"
            "\n"
            "cores  at once  waves    wall time  efficiency  core-hours\n"
            "    4        4     32  37 min 20 s        98 %         2.5  too late\n"
            "    7        7     18       21 min        99 %         2.5  too late\n"
            "    8        8     16  18 min 40 s        98 %         2.5  <\n");
}

struct Refusal {
  const char* name;
  std::vector<std::string> flags;
  int exit_code;
  const char* message;
};

class PlanRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(PlanRefusal, SaysWhyAndWhatWouldDo) {
  const Outcome run = plan(GetParam().flags);
  EXPECT_EQ(run.exit_code, GetParam().exit_code);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, std::string("thrum: error: [plan] ") + GetParam().message + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Table, PlanRefusal,
    testing::Values(Refusal{"DeadlineBelowOneFit",
                            {"--deadline", "1m"},
                            5,
                            "--deadline 1 min cannot be met: the longest fit takes 1 min 10 s\n"
                            "  allow at least 1 min 10 s, or make the fits shorter"},
                    Refusal{"NoTimeForTheRefit",
                            {"--deadline", "2m", "--refit"},
                            5,
                            "--deadline 2 min cannot be met: the longest fit and the refit after it take 2 min "
                            "20 s\n  allow at least 2 min 20 s, or make the fits shorter"},
                    Refusal{"NothingLargeEnoughToRent",
                            {"--deadline", "20m", "--core-options", "2,4"},
                            5,
                            "--deadline 20 min cannot be met: 8 cores are needed, and the largest of the core options, "
                            "4, takes 37 min 20 s\n  allow at least 37 min 20 s, or make the fits shorter"},
                    Refusal{"OptionsBelowOneFit",
                            {"--deadline", "20m", "--core-options", "2,4", "--threads-per-fit", "8"},
                            2,
                            "--core-options: none has the 8 cores that one fit takes"},
                    Refusal{"NoTimeAtAll", {"--deadline", "0s"}, 2, "--deadline: expected more than 0 s"},
                    Refusal{"DeadlineInWords",
                            {"--deadline", "noon"},
                            2,
                            "--deadline: expected a time such as 90s, 20m or 1h30m, got \"noon\""},
                    Refusal{"DeadlineWithoutUnit",
                            {"--deadline", "60"},
                            2,
                            "--deadline: expected a time with its unit (s, m, h or d) such as 90s, 12h or 7d, got "
                            "\"60\""},
                    Refusal{"DeadlineWithUnitsTurnedRound",
                            {"--deadline", "30m1h"},
                            2,
                            "--deadline: expected a time such as 90s, 20m or 1h30m, got \"30m1h\""},
                    Refusal{"NoSeconds",
                            {"--seconds-per-fit", "0"},
                            2,
                            "--seconds-per-fit: expected a number in (0, inf], got \"0\""},
                    Refusal{"TooManyUnequalFits",
                            {"--fits", "1000000", "--folds", "5", "--seconds-per-fit", "60"},
                            2,
                            "expected 1 to 1000000 fits of different length, got 5000000"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Plan, UnderstandsTimes) {
  const std::vector<std::pair<std::string, double>> times = {
      {"90s", 90}, {"20m", 1200}, {"1h", 3600}, {"1h30m", 5400}, {"1.5h", 5400}, {"1d", 86400}, {"75s", 75}};
  for (const auto& [text, seconds] : times) {
    EXPECT_EQ(plan_json({"--deadline", text}).at("deadline_seconds"), seconds) << text;
  }
}

}  // namespace
}  // namespace thrum::test
