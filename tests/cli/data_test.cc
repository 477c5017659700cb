#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

const std::string people =
    "name,age,city\n\"Smith, Ann\",41,Ghent\nLee,,Lyon\nDiaz,36,\nKim,29,Ghent\nRoss,52,\"says \"\"Ghent\"\"\"\n";

class DataCommand : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return folder_.file(name); }

  TemporaryFolder folder_;
};

TEST_F(DataCommand, SplitPutsEveryRowIntoOneOfTheFiles) {
  folder_.write("people.csv", people);
  const Outcome run = run_thrum({"data", "split", file("people.csv"), "--train", file("train.csv"), "--test",
                                 file("test.csv"), "--fraction", "0.4", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json result = json::parse(run.out);
  EXPECT_EQ(result.at("train").at("rows"), 3);
  EXPECT_EQ(result.at("test").at("rows"), 2);
  const std::string train = read_text(file("train.csv"));
  const std::string test = read_text(file("test.csv"));
  const std::string header = "name,age,city\n";
  EXPECT_THAT(train, testing::StartsWith(header));
  EXPECT_THAT(test, testing::StartsWith(header));
  EXPECT_EQ(sorted_lines(train + test.substr(header.size())), sorted_lines(people));
}

TEST_F(DataCommand, SplitLeavesBothFilesAsTheyWereWhereOneCannotBeWritten) {
  folder_.write("people.csv", people);
  folder_.write("train.csv", "of an old split\n");
  const Outcome run =
      run_thrum({"data", "split", file("people.csv"), "--train", file("train.csv"), "--test", "/dev/full"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("No space left"));
  EXPECT_EQ(read_text(file("train.csv")), "of an old split\n");
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"people.csv", "train.csv"}));
}

TEST_F(DataCommand, SplitDoesNotWriteOverItsInput) {
  folder_.write("people.csv", people);
  const Outcome run =
      run_thrum({"data", "split", file("people.csv"), "--train", file("people.csv"), "--test", file("test.csv")});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, "thrum: error: [data split] the output " + file("people.csv") +
                         " is also an input\n  give the output another name\n");
  EXPECT_EQ(read_text(file("people.csv")), people);
}

TEST_F(DataCommand, SplitDependsOnTheSeedAlone) {
  folder_.write("people.csv", people);
  const auto test_rows = [&](const std::string& seed, const std::string& threads) {
    run_thrum({"data", "split", file("people.csv"), "--train", file("train.csv"), "--test", file("test.csv"), "--seed",
               seed, "-j", threads, "--fraction", "0.4"});
    return read_text(file("test.csv"));
  };
  EXPECT_EQ(test_rows("1", "1"), test_rows("1", "5"));
  EXPECT_NE(test_rows("1", "1"), test_rows("2", "1"));
}

TEST_F(DataCommand, SplitKeepsTheRowsOfAQueryTogether) {
  std::string text = "x,patient\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i) + ",p" + std::to_string(i % 10) + "\n";
  const auto split = [&](const std::string& input) {
    return run_thrum({"data", "split", "-", "--query", "patient", "--fraction", "0.3", "--train", file("train.csv"),
                      "--test", file("test.csv")},
                     {.input = input});
  };
  EXPECT_THAT(split(text).err, HasSubstr("wrote 42 rows to"));
  const std::string test = read_text(file("test.csv"));
  for (int patient = 0; patient < 10; ++patient) {
    const std::string name = ",p" + std::to_string(patient) + "\n";
    EXPECT_NE(test.find(name) == std::string::npos, read_text(file("train.csv")).find(name) == std::string::npos);
  }
  const Outcome single = split("x,patient\n1,a\n2,a\n");
  EXPECT_EQ(single.exit_code, 3);
  EXPECT_THAT(single.err, HasSubstr("\"patient\" has the same value in every row: a single query cannot be split\n"));
}

TEST_F(DataCommand, InspectCountsInWords) {
  EXPECT_THAT(run_thrum({"data", "inspect", "-"}, {.input = "x\n1\n"}).out, HasSubstr(": 1 row, 1 column\n"));
  EXPECT_THAT(run_thrum({"data", "inspect", "-"}, {.input = "x,y\n-inf,1\ninf,2\n"}).out,
              HasSubstr("-inf … inf, mean -\n"));
}

TEST_F(DataCommand, InspectRemarksOnColumnsThatTeachNothing) {
  std::string text = "id,same,none,y\n";
  for (int i = 0; i < 30; ++i) text += "person" + std::to_string(i) + ",7,," + (i % 2 == 0 ? "a" : "b") + "\n";
  const Outcome run = run_thrum({"data", "inspect", "-", "--target", "y"}, {.input = text});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, HasSubstr("column \"id\" has nearly as many values as rows"));
  EXPECT_THAT(run.err, HasSubstr("column \"same\" has the same value in every row"));
  EXPECT_THAT(run.err, HasSubstr("column \"none\" has no value at all"));
  EXPECT_THAT(run.out, HasSubstr("target y: 2 classes\n  a  15 rows  50.0 %\n  b  15 rows  50.0 %\n"));
}

TEST_F(DataCommand, InspectQuotesTextsThatAreEmptyOrBeginWithABlank) {
  const Outcome run = run_thrum({"data", "inspect", "-"}, {.input = "a,b\n\"\",1\n x,2\ny,3\n"});
  EXPECT_THAT(run.out, HasSubstr("  \"\" 33.3 %, \" x\" 33.3 %, y 33.3 %\n"));
}

TEST_F(DataCommand, InspectRemarksOnWhatIsPerhapsMeantOtherwise) {
  const auto remarks = [](const std::string& text) { return run_thrum({"data", "inspect", "-"}, {.input = text}).err; };
  EXPECT_EQ(remarks("a;y\n1,5;0\n2,5;1\n"),
            "thrum: warning: column \"a\" has numbers with commas, which count as categories: write them with decimal "
            "points\n");
  std::string mixed = "a,b\n";
  for (int i = 0; i < 30; ++i) mixed += std::to_string(i) + "," + std::to_string(i) + "\n";
  EXPECT_EQ(remarks(mixed + "missing,30\n"),
            "thrum: warning: column \"a\" has numbers but for texts such as \"missing\", which make all of them "
            "categories: correct those fields, or leave them empty\n");
  EXPECT_EQ(
      remarks("1,2.5\n3,4\n5,6\n"),
      "thrum: warning: the columns are called by numbers: if the first line is a row, read it with --no-header\n");
  EXPECT_EQ(remarks("0,1\n3,4\n5,6\n"), "");
}

TEST_F(DataCommand, InspectShowsTypesMissingValuesAndRanges) {
  const Outcome run = run_thrum({"data", "inspect", "-"}, {.input = people});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("5 rows, 3 columns\n"));
  EXPECT_THAT(run.out, HasSubstr("\nage     float64         1         4  29 … 52, mean 39.5\n"));
  EXPECT_THAT(run.out, HasSubstr("\ncity    category        1         3  Ghent 40.0 %, Lyon 20.0 %"));
}

TEST_F(DataCommand, MessagesShowControlCharactersOfDataInsteadOfObeyingThem) {
  const Outcome run =
      run_thrum({"data", "inspect", "-", "--target", "a\x1b[30m"}, {.input = "a\x1b[31m\xC2\x9B\x7F\n1\n"});
  EXPECT_EQ(run.err.find_first_of("\x1b\x9B\x7F"), std::string::npos) << run.err;
  EXPECT_THAT(run.err, HasSubstr("\"a\\x1b[30m\""));
}

TEST_F(DataCommand, PeopleSeeTextsOfDataEscapedAndShortenedAndProgramsAsTheyAre) {
  const std::string color = "ki\x1b[31m\nnd", red = "re\x1b[2Jd\r", blue(200, 'b');
  std::string text = "\"" + color + "\",x,\"y\x1b[0m\"\n";
  for (int i = 0; i < 40; ++i) {
    const bool is_red = i % 2 == 0;
    text += "\"" + (is_red ? red : blue) + "\"," + std::to_string(i % 7) + "," + (is_red ? "\"n\x1bo\"" : "yes") + "\n";
  }
  folder_.write("colors.csv", text);
  const auto output = [&](std::vector<std::string> words) {
    const Outcome run = run_thrum(words, {.folder = folder_.path()});
    EXPECT_EQ(run.exit_code, 0) << words[0] << run.err;
    return run.out + run.err;
  };
  for (const std::string learner : {"logistic-regression", "decision-tree"}) {
    output({"train", learner, "colors.csv", "--target", "y\x1b[0m", "-o", learner + ".thrum"});
  }
  const std::string tree = "decision-tree.thrum", linear = "logistic-regression.thrum";
  const std::vector<std::vector<std::string>> commands = {{"data", "inspect", "colors.csv", "--target", "y\x1b[0m"},
                                                          {"inspect", linear},
                                                          {"inspect", tree},
                                                          {"inspect", tree, "--tree", "0"},
                                                          {"evaluate", linear, "colors.csv"},
                                                          {"explain", tree, "colors.csv", "--paths"},
                                                          {"importance", linear, "colors.csv"},
                                                          {"dependence", linear, "colors.csv", "--feature", color}};
  for (const auto& command : commands) {
    const std::string shown = output(command);
    EXPECT_THAT(shown, testing::AnyOf(HasSubstr("ki\\x1b[31m\\x0and"), HasSubstr("n\\x1bo"))) << command[0];
    EXPECT_EQ(shown.find_first_of("\x1b\r"), std::string::npos) << command[0];
    EXPECT_THAT(shown, testing::Not(HasSubstr(blue.substr(61)))) << command[0];
  }
  EXPECT_THAT(output({"data", "inspect", "colors.csv"}), HasSubstr("re\\x1b[2Jd\\x0d 50.0 %"));
  const json model = json::parse(run_thrum({"inspect", file(linear), "--json"}).out);
  EXPECT_EQ(model.at("features").at(0).at("name"), color);
  EXPECT_THAT(output({"predict", linear, "colors.csv"}), HasSubstr("\nn\x1bo\nyes\n"));
}

TEST_F(DataCommand, JsonNamesFilesWhoseNamesAreNotUtf8) {
  folder_.write("\xFF.csv", people);
  const Outcome run = run_thrum({"data", "inspect", file("\xFF.csv"), "--json"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(json::parse(run.out).at("source"), "\uFFFD.csv");
}

TEST_F(DataCommand, GeneratePrintsRowsOrWritesThem) {
  const Outcome printed = run_thrum({"data", "generate", "higgs-like", "--rows", "20", "--seed", "4"});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_EQ(sorted_lines(printed.out).size(), 21u);
  const Outcome written =
      run_thrum({"data", "generate", "higgs-like", "--rows", "20", "--seed", "4", "-o", file("h.csv"), "--json"});
  EXPECT_EQ(json::parse(written.out).at("target"), "label");
  EXPECT_EQ(read_text(file("h.csv")), printed.out);
}

TEST_F(DataCommand, MoreGeneratedRowsContinueTheSameData) {
  const auto rows = [](const std::string& n) {
    return run_thrum({"data", "generate", "airline-like", "--rows", n, "--seed", "4"}).out;
  };
  EXPECT_THAT(rows("500"), testing::StartsWith(rows("20")));
}

TEST_F(DataCommand, AFileBeyondTheLimitOfFilesIsAnError) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{8192, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Outcome run = run_thrum({"data", "generate", "higgs-like", "--rows", "1000", "-o", file("rows.csv")});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("File too large"));
  EXPECT_FALSE(std::filesystem::exists(file("rows.csv")));
}

}  // namespace
}  // namespace thrum::test
