// Training on more than memory is to hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class MemoryLimit : public testing::Test {
 protected:
  /// 52 MB of CSV, 46 MB as numbers, and as much again encoded.
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    run({"data", "generate", "higgs-like", "--rows", "200000", "--seed", "3", "-o", "higgs.csv"});
    run({"data", "generate", "airline-like", "--rows", "13000", "--seed", "3", "-o", "airline.csv"});
  }
  static void TearDownTestSuite() { delete folder_; }

  static Outcome run(const std::vector<std::string>& arguments) {
    return run_thrum(arguments, {.environment = {{"TMPDIR", folder_->path().string()}}, .folder = folder_->path()});
  }
  static Outcome train(const std::string& learner, const std::string& data, const std::string& target,
                       const std::string& model, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"train", learner, data, "--target", target, "-o", model};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  static std::string bytes_of(const std::string& name) { return read_text(folder_->file(name)); }

  static TemporaryFolder* folder_;
};

TemporaryFolder* MemoryLimit::folder_ = nullptr;

TEST_F(MemoryLimit, IsKeptAndTheModelIsTheSame) {
  ASSERT_EQ(train("logistic-regression", "higgs.csv", "label", "free.thrum", {}).exit_code, 0);
  const bool sanitized = !std::string(THRUM_SANITIZER).empty();  // which takes far more memory itself
  const Outcome limited = train("logistic-regression", "higgs.csv", "label", "limited.thrum",
                                {"--memory-limit", sanitized ? "8G" : "48M", "--json", "--threads", "2"});
  ASSERT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum"));
  const json report = json::parse(limited.out);
  EXPECT_GT(report.at("peak_memory_bytes"), 1 << 20);
  if (!sanitized) {
    EXPECT_LT(report.at("peak_memory_bytes"), 48 << 20);
  }
}

TEST_F(MemoryLimit, GivesTheSameModelOfEveryLearnerThatStreams) {
  const std::string limit = std::string(THRUM_SANITIZER).empty() ? "400M" : "8G";
  for (const char* learner : {"logistic-regression", "linear-regression", "ridge", "lasso", "elastic-net",
                              "poisson-regression", "gamma-regression"}) {
    const std::string target = learner == std::string("logistic-regression") ? "delayed" : "distance";
    ASSERT_EQ(train(learner, "airline.csv", target, "free.thrum", {}).exit_code, 0);
    const Outcome limited = train(learner, "airline.csv", target, "limited.thrum",
                                  {"--memory-limit", limit, "--threads", "3", "--ranks", "3"});
    EXPECT_EQ(limited.exit_code, 0) << limited.err;
    EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum")) << learner;
    EXPECT_THAT(limited.err, HasSubstr(" of memory at most\n"));
  }
}

TEST_F(MemoryLimit, LeavesNothingBehind) {
  const auto before = folder_->names();
  train("ridge", "airline.csv", "distance", "free.thrum", {"--memory-limit", "8G"});
  train("ridge", "airline.csv", "distance", "free.thrum", {"--memory-limit", "1M"});
  auto after = folder_->names();
  std::erase(after, "free.thrum");
  auto expected = before;
  std::erase(expected, "free.thrum");
  EXPECT_EQ(after, expected);
}

TEST_F(MemoryLimit, SaysThatItIsTooLow) {
  const Outcome outcome = train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "1M"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err, HasSubstr(" MiB are in use beside the rows, more than the limit of 1 MiB\n"));
  EXPECT_THAT(outcome.err, HasSubstr("raise the limit, or use fewer threads\n"));
}

TEST_F(MemoryLimit, IsRefusedByThoseWhoHoldAllRows) {
  const Outcome trees = train("gbdt", "airline.csv", "delayed", "m.thrum", {"--memory-limit", "1G"});
  EXPECT_EQ(trees.exit_code, 2);
  EXPECT_EQ(
      trees.err,
      "thrum: error: [train] --memory-limit: gbdt keeps all rows in memory\n  learners that do not: "
      "logistic-regression, linear-regression, ridge, lasso, elastic-net, poisson-regression, gamma-regression\n");
  const Outcome saga =
      train("logistic-regression", "airline.csv", "delayed", "m.thrum", {"--memory-limit", "1G", "--solver", "saga"});
  EXPECT_EQ(saga.exit_code, 3);
  EXPECT_THAT(saga.err, HasSubstr("[train] expected training in passes over the rows within a memory limit, this takes "
                                  "them one by one\n  choose another solver, or leave the limit out\n"));
  EXPECT_THAT(train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "1G", "--valid", "0.2"}).err,
              HasSubstr("--memory-limit and --valid exclude each other: it holds rows in memory\n"));
  EXPECT_THAT(train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "1G", "--prepare", "impute"}).err,
              HasSubstr("--memory-limit and --prepare exclude each other: it holds rows in memory\n"));
}

TEST_F(MemoryLimit, RefusesWhatItCannotUse) {
  EXPECT_THAT(train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "much"}).err,
              HasSubstr("[memory_limit] expected a size such as 500M, 1G or 10GB, got \"much\""));
  const Outcome nowhere =
      train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "1G", "--scratch", "/nowhere"});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("[scratch] cannot make a file in /nowhere: No such file or directory"));
  const Outcome pipe = run_thrum({"train", "ridge", "-", "--target", "y", "-o", "m.thrum", "--memory-limit", "1G"},
                                 {.input = "x,y\n1,2\n2,3\n", .folder = folder_->path()});
  EXPECT_EQ(pipe.exit_code, 3);
  EXPECT_THAT(pipe.err, HasSubstr("[standard input] within a memory limit, expected a file that is not compressed and "
                                  "no pipe\n  write it to a file first, such as with zcat\n"));
}

}  // namespace
}  // namespace thrum::test
