#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

json advise_json(const std::string& script) {
  const Outcome run = run_thrum({"advise", "--json", "--no-probe", "-j", "2", "--", "sh", "-c", script});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return json::parse(run.out);
}

TEST(AdviseCommand, KnowsAProgramThatComputes) {
  const json advice = advise_json("i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done");
  EXPECT_EQ(advice.at("schema"), "thrum.advise/1");
  EXPECT_EQ(advice.at("verdict"), "cpu");
  EXPECT_EQ(advice.at("workers"), 2);
  EXPECT_GT(advice.at("user_seconds"), 0);
  EXPECT_EQ(advice.at("memory_probe"), nullptr);
}

TEST(AdviseCommand, KnowsAProgramThatWaitsAndTellsItsExitCode) {
  const json advice = advise_json("sleep 0.3; exit 7");
  EXPECT_EQ(advice.at("verdict"), "io");
  EXPECT_GT(advice.at("workers"), 2);
  EXPECT_EQ(advice.at("exit_code"), 7);
  EXPECT_EQ(advice.at("command"), (json{"sh", "-c", "sleep 0.3; exit 7"}));
}

TEST(AdviseCommand, LetsTheProgramTalk) {
  const Outcome run = run_thrum({"advise", "--", "sh", "-c", "cat; echo complaint >&2"}, {.input = "said\n"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "said\n");
  EXPECT_THAT(run.err, StartsWith("complaint\n"));
  EXPECT_THAT(run.err, HasSubstr("\nno free CPU  "));
}

TEST(AdviseCommand, SaysThatTheProgramFailed) {
  const auto said = [](const std::string& script) { return run_thrum({"advise", "--", "sh", "-c", script}).err; };
  EXPECT_THAT(said("exit 1"), HasSubstr("\n  the command ended with exit code 1\n"));
  EXPECT_THAT(said("kill -9 $$"), HasSubstr("\n  the command ended with signal 9 (Killed)\n"));
  EXPECT_THAT(said("exit 0"), testing::Not(HasSubstr("the command ended")));
}

TEST(AdviseCommand, DoesNotJudgeAProgramThatIsOverAtOnce) {
  const json advice = advise_json("exit 0");
  EXPECT_EQ(advice.at("verdict"), "unknown");
  EXPECT_EQ(advice.at("workers"), nullptr);
  EXPECT_EQ(advice.at("uncertain"), true);
  EXPECT_EQ(advice.at("hint"), "run a longer job, of half a second or more");
  const std::string text = run_thrum({"advise", "--", "true"}).err;
  EXPECT_THAT(text, StartsWith("too short to tell\n  was over after "));
  EXPECT_THAT(text, HasSubstr("\n  run a longer job, of half a second or more\n"));
}

TEST(AdviseCommand, KeepsStandardOutputForJson) {
  const Outcome run = run_thrum({"advise", "--json", "--", "echo", "said"});
  EXPECT_EQ(json::parse(run.out).at("exit_code"), 0);
  EXPECT_EQ(run.err, "said\n");
}

TEST(AdviseCommand, LeavesTheFlagsOfTheProgramAlone) {
  const Outcome run = run_thrum({"advise", "--", "echo", "--json", "-q", "train", "--", "--help"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "--json -q train -- --help\n");
}

TEST(AdviseCommand, EndsOnCtrlCWithTheProgram) {
  const TemporaryFolder folder;
  ThrumProcess process({"advise", "--", "sh", "-c", "echo started >&2; sleep 1000 | sleep 1000"}, folder.path());
  ASSERT_TRUE(process.wait_for_err("started"));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_THAT(process.err(), HasSubstr("[advise] interrupted by Ctrl-C"));
}

TEST(AdviseCommand, SaysWhyAFileCannotBeStarted) {
  const Outcome run = run_thrum({"advise", "--", "./no-such-program"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.err, "thrum: error: [process] cannot start ./no-such-program: No such file or directory\n");
}

struct AdviseMistake {
  const char* name;
  std::vector<std::string> words;
  int exit_code;
  const char* message;
};

class AdviseRefusal : public testing::TestWithParam<AdviseMistake> {};

TEST_P(AdviseRefusal, SaysWhatIsWrong) {
  std::vector<std::string> words = {"advise"};
  words.insert(words.end(), GetParam().words.begin(), GetParam().words.end());
  const Outcome run = run_thrum(words);
  EXPECT_EQ(run.exit_code, GetParam().exit_code);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, std::string("thrum: error: [advise] ") + GetParam().message + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Table, AdviseRefusal,
    testing::Values(
        AdviseMistake{"Nothing",
                      {},
                      2,
                      "expected a command after --, or --workload NAME\n  as in: thrum advise -- gzip -9 -c adult.csv"},
        AdviseMistake{"CommandWithoutDashes",
                      {"gzip", "-9"},
                      2,
                      "unexpected argument \"gzip\"\n  it comes after --, as in: thrum advise -- gzip"},
        AdviseMistake{
            "Both", {"--workload", "spin", "--", "true"}, 2, "--workload and a command after -- exclude each other"},
        AdviseMistake{
            "ProbeAndNot", {"--probe", "--no-probe", "--", "true"}, 2, "--probe and --no-probe exclude each other"},
        AdviseMistake{
            "PlotOfACommand", {"--svg", "a.svg", "--", "true"}, 2, "--svg and --workers-up-to go with --workload"},
        AdviseMistake{"UnknownWorkload",
                      {"--workload", "spn"},
                      2,
                      "--workload: expected one of: mean, spin, sleep, matmul, got \"spn\"\n  nearest: \"spin\""},
        AdviseMistake{
            "NoSuchProgram", {"--", "no-such-program"}, 1, "cannot start no-such-program: no such program on PATH"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(AdviseWorkload, MeasuresACurveAndDrawsIt) {
  const TemporaryFolder folder;
  const Outcome run =
      run_thrum({"advise", "--workload", "sleep", "--workers-up-to", "4", "--svg", folder.file("sleep.svg"), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json advice = json::parse(run.out);
  EXPECT_EQ(advice.at("verdict"), "io");
  EXPECT_EQ(advice.at("workload"), "sleep");
  EXPECT_EQ(advice.at("curve").size(), 4u);
  EXPECT_GT(advice.at("curve").back().at("speed_up"), 1.5);
  EXPECT_GT(advice.at("workers"), 1);
  EXPECT_GE(advice.at("amdahl").at("serial_share"), 0);
  EXPECT_TRUE(advice.at("universal").contains("kappa"));
  EXPECT_THAT(read_text(folder.file("sleep.svg")), StartsWith("<svg "));
}

TEST(AdviseWorkload, RunsLongEnoughToBeJudged) {
  for (const auto& [workload, verdict] : {std::pair("mean", "memory"), {"matmul", "cpu"}}) {
    const json advice =
        json::parse(run_thrum({"advise", "--workload", workload, "--workers-up-to", "1", "--json"}).out);
    EXPECT_GE(advice.at("wall_seconds"), 0.2) << workload;
    EXPECT_GE(advice.at("samples"), 3) << workload;
    EXPECT_TRUE(advice.at("verdict") == verdict || advice.at("uncertain") == true) << advice.dump(2);
  }
}

TEST(AdviseWorkload, PrintsTheCurveBesideBothLaws) {
  const Outcome run = run_thrum({"advise", "--workload", "spin", "--workers-up-to", "2", "--no-probe"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("bound by "));  // by what, is known on a machine without other work only
  EXPECT_THAT(run.out, HasSubstr("workers  seconds  speed-up  efficiency  Amdahl  universal law\n"));
  EXPECT_THAT(run.out, HasSubstr("\nAmdahl: "));
}

}  // namespace
}  // namespace thrum::test
