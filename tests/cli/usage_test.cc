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

TEST(Usage, WithoutArgumentsPrintsHelp) {
  const Outcome run = run_thrum({});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("Usage: thrum COMMAND"));
  EXPECT_THAT(run.out, HasSubstr("  train "));
  EXPECT_EQ(run.err, "");
}

TEST(Usage, HelpOfALearnerShowsExamplesDefaultsAndRanges) {
  const Outcome run = run_thrum({"train", "logistic-regression", "--help"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("Usage: thrum train logistic-regression DATA --target COLUMN -o FILE [flags]"));
  EXPECT_THAT(run.out, HasSubstr("thrum train logistic-regression adult.csv --target income -o adult.thrum"));
  EXPECT_THAT(run.out, HasSubstr("default 100; in [1, 2147483647]"));
}

TEST(Usage, HelpCommandAndHelpFlagSayTheSame) {
  EXPECT_EQ(run_thrum({"help", "train", "logistic-regression"}).out,
            run_thrum({"train", "logistic-regression", "-h"}).out);
}

TEST(Usage, HelpOfACommandForAnotherProgramPutsItLast) {
  const std::string help = run_thrum({"advise", "--help"}).out;
  EXPECT_THAT(help, StartsWith("Is a program bound by the CPU, by memory or by waiting, and how many workers pay?\n"));
  EXPECT_THAT(help, HasSubstr("Usage: thrum advise [flags] -- COMMAND …\n"));
  EXPECT_THAT(help, testing::Not(HasSubstr("may be repeated")));
  EXPECT_THAT(run_thrum({"help", "help"}).out, testing::Not(HasSubstr("may be repeated")));
}

TEST(Usage, HelpIsGivenWhereRequiredFlagsAreMissing) {
  const Outcome run = run_thrum({"predict", "--help"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("Usage: thrum predict MODEL DATA [flags]"));
}

TEST(Usage, VersionIsOneLineOrJson) {
  EXPECT_THAT(run_thrum({"--version"}).out, testing::MatchesRegex("thrum [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(json::parse(run_thrum({"--version", "--json"}).out)["schema"], "thrum.version/1");
}

struct Mistake {
  const char* name;
  std::vector<std::string> arguments;
  const char* message;
};

class UsageMistake : public testing::TestWithParam<Mistake> {};

TEST_P(UsageMistake, EndsWithCode2AndTheRemedy) {
  const Outcome run = run_thrum(GetParam().arguments);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, std::string("thrum: error: ") + GetParam().message + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Table, UsageMistake,
    testing::Values(
        Mistake{"UnknownCommand", {"trian"}, "[thrum] unknown command \"trian\"\n  nearest: \"train\""},
        Mistake{"FarFromAnyCommand", {"frobnicate"}, "[thrum] unknown command \"frobnicate\"\n  see: thrum --help"},
        Mistake{"UnknownLearner",
                {"train", "logistic-regresion"},
                "[train] unknown learner \"logistic-regresion\"\n  nearest: \"logistic-regression\""},
        Mistake{"BeginningOfALearner",
                {"train", "logistic", "x.csv", "--target", "y", "-o", "m"},
                "[train] unknown learner \"logistic\"\n  nearest: \"logistic-regression\""},
        Mistake{"NoLearner", {"train"}, "[train] which learner? usage: thrum train NAME …\n  see: thrum train --help"},
        Mistake{"UnknownFlag",
                {"train", "logistic-regression", "a.csv", "--targte", "y"},
                "[train] unknown flag --targte\n  nearest: \"--target\""},
        Mistake{"FlagOfAnotherLibrary",
                {"train", "logistic-regression", "adult.csv", "--multi-class", "ovr"},
                "[train] there is no --multi-class here\n  leave it out: three classes or more are fitted together by "
                "softmax, scikit-learn's multinomial"},
        Mistake{"UnknownShortFlag", {"inspect", "-Z"}, "[inspect] unknown flag -Z\n  see: thrum inspect --help"},
        Mistake{"OneArgumentTooMany",
                {"inspect", "a.thrum", "b.thrum"},
                "[inspect] unexpected argument \"b.thrum\"\n  see: thrum inspect --help"},
        Mistake{"MissingTarget",
                {"train", "logistic-regression", "a.csv", "-o", "m.thrum"},
                "[train] --target COLUMN is missing\n  the column to predict, as in: thrum train "
                "logistic-regression adult.csv --target income -o adult.thrum"},
        Mistake{"MissingArgument",
                {"inspect"},
                "[inspect] MODEL is missing\n  a model file that thrum train wrote, as in: thrum inspect adult.thrum"},
        Mistake{"FlagWithoutValue",
                {"predict", "a.thrum", "b.csv", "-o"},
                "[predict] --output needs a value\n  see: thrum predict --help"},
        Mistake{"EmptyOutput",
                {"train", "logistic-regression", "a.csv", "--target", "y", "-o", ""},
                "[train] the name of the output file is empty"},
        Mistake{"NumberExpected",
                {"train", "logistic-regression", "a.csv", "--C", "much"},
                "[train] --C: expected a number in (0, inf], got \"much\""},
        Mistake{"OutOfRange",
                {"train", "logistic-regression", "a.csv", "--max-iter", "0"},
                "[train] --max-iter: expected an integer in [1, 2147483647], got \"0\""},
        Mistake{"NegativeRegularisation",
                {"train", "logistic-regression", "a.csv", "--C=-1"},
                "[train] --C: expected a number in (0, inf], got \"-1\""},
        Mistake{"UnknownChoice",
                {"train", "logistic-regression", "a.csv", "--dtype", "float46"},
                "[train] --dtype: expected one of: float64, float32, bfloat16, got \"float46\"\n  nearest: "
                "\"float64\""},
        Mistake{"TooManyThreads",
                {"data", "inspect", "a.csv", "-j", "1000000"},
                "[data inspect] --threads: expected an integer in [0, 1024], got \"1000000\""},
        Mistake{"NoRanks",
                {"train", "logistic-regression", "a.csv", "--ranks", "0"},
                "[train] --ranks: expected an integer in [1, 256], got \"0\""},
        Mistake{"QuietAndVerbose",
                {"inspect", "a.thrum", "-q", "-v"},
                "[inspect] --quiet and --verbose exclude each other"},
        Mistake{"UnknownHelpTopic", {"help", "trian"}, "[help] unknown command \"trian\"\n  nearest: \"train\""},
        Mistake{"UnknownShell",
                {"completion", "tcsh"},
                "[completion] SHELL: expected one of: bash, zsh, fish, got \"tcsh\""}),
    [](const auto& param_info) { return param_info.param.name; });

/// The lines of the code blocks of a page that run thrum, without what a shell does with the output.
std::vector<std::vector<std::string>> examples_in(const std::string& page) {
  std::vector<std::vector<std::string>> examples;
  std::istringstream lines(page);
  bool in_block = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) in_block = line != "```";
    const std::size_t begin = line.find("thrum ");
    if (!in_block || begin == std::string::npos || line.starts_with("source")) continue;
    std::istringstream stream(line.substr(begin + 6, line.find_first_of("|>", begin) - begin - 6));
    examples.emplace_back();
    for (std::string word; stream >> word;) examples.back().push_back(word);
  }
  return examples;
}

TEST(Usage, ExamplesInHelpAreValidCommands) {
  const TemporaryFolder folder;
  int tried = 0;
  for (const auto& example : examples_in(run_thrum({"reference", "command-line"}).out)) {
    // Without their files these end with "no such file"; a mistake in the words would end them with code 2.
    if (example[0] == "data" && example[1] == "generate") continue;
    if (example[0] == "bench") continue;  // measures for minutes
    const Outcome run = run_thrum(example, {.folder = folder.path()});
    EXPECT_NE(run.exit_code, 2) << testing::PrintToString(example) << run.err;
    ++tried;
  }
  EXPECT_GE(tried, 12);
}

TEST(Usage, ErrorsAreJsonWhenJsonIsAskedFor) {
  const Outcome run = run_thrum({"trian", "--json"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, "");
  const json error = json::parse(run.out).at("error");
  EXPECT_EQ(error.at("code"), "invalid_argument");
  EXPECT_EQ(error.at("message"), "[thrum] unknown command \"trian\"");
  EXPECT_EQ(error.at("hint"), "nearest: \"train\"");
}

TEST(Usage, StandardOutputThatIsFullIsAnError) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--version"}, {"--version", "--json"}}) {
    const Outcome run = run_thrum(words, {.output_path = "/dev/full"});
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_EQ(run.err, "thrum: error: [thrum] cannot write to standard output: No space left on device\n");
  }
}

TEST(Man, HasEveryCommandAndFlag) {
  const Outcome run = run_thrum({"man"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, StartsWith(".TH THRUM 1 "));
  EXPECT_THAT(run.out, HasSubstr(".SS train logistic\\-regression\n"));
  EXPECT_THAT(run.out, HasSubstr(".B \\-\\-max\\-iter N\n"));
}

TEST(Completion, OfEveryShellKnowsCommandsFlagsAndChoices) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome run = run_thrum({"completion", shell});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_THAT(run.out, HasSubstr("logistic-regression"));
    EXPECT_THAT(run.out, HasSubstr("max-iter"));
    EXPECT_THAT(run.out, HasSubstr("float64 float32"));
  }
}

/// What bash offers after `line`.
std::string bash_completions(const std::string& line) {
  const TemporaryFolder folder;
  const std::string script = folder.write("completion.bash", run_thrum({"completion", "bash"}).out);
  const std::string command = "bash --norc -c 'source " + script + "; COMP_WORDS=(" + line +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _thrum; echo \"${COMPREPLY[@]}\"' > " +
                              folder.file("out");
  EXPECT_EQ(std::system(command.c_str()), 0);
  return read_text(folder.file("out"));
}

TEST(Completion, OfBashWorks) {
  EXPECT_EQ(bash_completions("thrum tr"), "train\n");
  EXPECT_EQ(bash_completions("thrum train logi"), "logistic-regression\n");
  EXPECT_EQ(bash_completions("thrum train logistic-regression --max-"), "--max-iter\n");
  EXPECT_EQ(bash_completions("thrum train logistic-regression --dtype \"\""), "float64 float32 bfloat16\n");
  EXPECT_EQ(bash_completions("thrum data inspect --log-format j"), "json\n");
}

}  // namespace
}  // namespace thrum::test
