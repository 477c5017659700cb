#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using testing::HasSubstr;

/// Runs `thrum data inspect` on a small file in a folder with the given thrum.toml. A delimiter that does not occur
/// leaves one column, which shows whose value won.
class Config : public testing::Test {
 protected:
  Outcome inspect(const std::string& toml, std::vector<std::string> flags = {},
                  std::map<std::string, std::string> environment = {}) {
    folder_.write("data.csv", "a;b,c\n1;2,3\n");
    if (!toml.empty()) folder_.write("thrum.toml", toml);
    std::vector<std::string> arguments = {"data", "inspect", "data.csv", "--json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_thrum(arguments, {.environment = std::move(environment), .folder = folder_.path()});
  }

  TemporaryFolder folder_;
};

TEST_F(Config, FileSetsAFlagInTheTableOfItsCommand) {
  EXPECT_THAT(inspect("[data.inspect]\ndelimiter = \";\"\n").out, HasSubstr("\"b,c\""));
}

TEST_F(Config, FileSetsAFlagAtTheTop) {
  EXPECT_THAT(inspect("delimiter = \";\"\n").out, HasSubstr("\"b,c\""));
}

TEST_F(Config, ParticularTableWinsOverTheTop) {
  EXPECT_THAT(inspect("delimiter = \",\"\n[data]\ndelimiter = \";\"\n").out, HasSubstr("\"b,c\""));
}

TEST_F(Config, EnvironmentWinsOverTheFile) {
  EXPECT_THAT(inspect("delimiter = \",\"\n", {}, {{"THRUM_DELIMITER", ";"}}).out, HasSubstr("\"b,c\""));
}

TEST_F(Config, FlagWinsOverTheEnvironment) {
  EXPECT_THAT(inspect("delimiter = \",\"\n", {"--delimiter", ";"}, {{"THRUM_DELIMITER", ","}}).out,
              HasSubstr("\"b,c\""));
}

TEST_F(Config, ConfigFlagNamesAnotherFile) {
  const std::string other = folder_.write("other.toml", "delimiter = \";\"\n");
  EXPECT_THAT(inspect("delimiter = \",\"\n", {"--config", other}).out, HasSubstr("\"b,c\""));
}

TEST_F(Config, ConfigVariableNamesAnotherFile) {
  const std::string other = folder_.write("other.toml", "delimiter = \";\"\n");
  EXPECT_THAT(inspect("", {}, {{"THRUM_CONFIG", other}}).out, HasSubstr("\"b,c\""));
}

TEST_F(Config, OnOffFlagsComeFromTheEnvironmentToo) {
  EXPECT_THAT(inspect("", {}, {{"THRUM_NO_HEADER", "true"}}).out, HasSubstr("\"rows\": 2"));
}

TEST_F(Config, EveryNameOfAFlagIsAVariableToo) {
  const Outcome run = inspect("", {}, {{"THRUM_JOBS", "many"}});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.out, HasSubstr("[data inspect] THRUM_JOBS: expected an integer in [0, 1024], got \\\"many\\\""));
}

TEST_F(Config, HelpAndVersionAreFlagsOnly) {
  const Outcome run = inspect("", {}, {{"THRUM_HELP", "1"}, {"THRUM_VERSION", "1"}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("\"a;b\""));
}

TEST_F(Config, ListsAreForFlagsThatMayBeRepeated) {
  const Outcome run = inspect("[train]\nexclude = [\"a\", \"b\"]\n");
  EXPECT_EQ(run.exit_code, 0) << run.out;
}

TEST_F(Config, VariableThatIsNearlyASettingIsAWarning) {
  const Outcome run = inspect("", {}, {{"THRUM_TREADS", "2"}, {"THRUM_OF_MY_OWN", "x"}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "thrum: warning: THRUM_TREADS is no setting; nearest: \"THRUM_THREADS\"\n");
}

struct Fault {
  const char* name;
  const char* toml;
  std::map<std::string, std::string> environment;
  const char* message;
};

class ConfigFault : public Config, public testing::WithParamInterface<Fault> {};

TEST_P(ConfigFault, EndsWithCode2AndNamesItsSource) {
  const Outcome run = inspect(GetParam().toml, {"--json=false"}, GetParam().environment);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ConfigFault,
    testing::Values(
        Fault{"UnknownKey",
              "threads = 2\n[train]\ntagret = 'y'\n",
              {},
              "thrum: error: [thrum.toml:3:1] unknown key \"tagret\" in [train]\n  nearest: \"target\"\n"},
        Fault{"UnknownTable", "[trian]\ntarget = 'y'\n", {}, "unknown key \"trian\"\n  nearest: \"train\"\n"},
        Fault{"KeyOfAnotherCommand", "[data]\nmax_iter = 3\n", {}, "unknown key \"max_iter\" in [data]"},
        Fault{"BrokenToml", "threads = \n", {}, "thrum: error: [thrum.toml:1:"},
        Fault{"ValueOutOfRange",
              "threads = -2\n",
              {},
              "[data inspect] thrum.toml:1:11: threads: expected an integer in [0, 1024], got \"-2\"\n"},
        Fault{"ListForANumber",
              "threads = [2, 1]\n",
              {},
              "[data inspect] thrum.toml:1:11: threads: expected one value, got a list\n"},
        Fault{"EmptyList", "seed = []\n", {}, "seed: expected one value, got a list\n"},
        Fault{"HelpAsKey", "help = true\n", {}, "[thrum.toml:1:1] unknown key \"help\""},
        Fault{"VersionAsKey", "[data]\nversion = true\n", {}, "unknown key \"version\" in [data]"},
        Fault{"TableAsValue", "threads = {a = 1}\n", {}, "threads must be a text, a number or true or false"},
        Fault{"BadVariable",
              "",
              {{"THRUM_THREADS", "many"}},
              "[data inspect] THRUM_THREADS: expected an integer in [0, 1024], got \"many\"\n"},
        Fault{"BadSwitchVariable",
              "",
              {{"THRUM_NO_HEADER", "perhaps"}},
              "[data inspect] THRUM_NO_HEADER: expected true or false, got \"perhaps\"\n"},
        Fault{"MissingFile", "", {{"THRUM_CONFIG", "absent.toml"}}, "absent.toml"},
        Fault{"Device", "", {{"THRUM_CONFIG", "/dev/zero"}}, "cannot read /dev/zero: not a regular file"}),
    [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace thrum::test
