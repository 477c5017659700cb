// Training on more than memory is to hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/vfs.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/thrum_process.h"
#include "thrum/runtime/sanitized_test.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string breast_cancer = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";

/// Whole numbers of one digit, and a label of two classes.
std::string wide_csv(std::size_t n_columns, std::size_t n_rows) {
  std::string text;
  for (std::size_t j = 0; j < n_columns; ++j) text += "x" + std::to_string(j) + ",";
  text += "label\n";
  for (std::size_t i = 0; i < n_rows; ++i) {
    for (std::size_t j = 0; j < n_columns; ++j) {
      text += static_cast<char>('0' + (i * i + 7 * i * j + 3 * j) % 11 % 10);
      text += ',';
    }
    text += i % 3 == 0 ? "1\n" : "0\n";
  }
  return text;
}

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

class MemoryLimitOfManyRows : public MemoryLimit, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, MemoryLimitOfManyRows, testing::Values("logistic-regression", "sgd-classifier"));

TEST_P(MemoryLimitOfManyRows, IsKeptAndTheModelIsTheSame) {
  ASSERT_EQ(train(GetParam(), "higgs.csv", "label", "free.thrum", {"--max-iter", "5"}).exit_code, 0);
  const Outcome limited =
      train(GetParam(), "higgs.csv", "label", "limited.thrum",
            {"--max-iter", "5", "--memory-limit", THRUM_SANITIZED ? "8G" : "48M", "--json", "--threads", "2"});
  ASSERT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum"));
  const json report = json::parse(limited.out);
  EXPECT_GT(report.at("peak_memory_bytes"), 1 << 20);
  if (!THRUM_SANITIZED) {
    EXPECT_LT(report.at("peak_memory_bytes"), 48 << 20);
  }
}

struct ManyColumns {
  std::size_t n_columns;
  std::size_t n_rows;
  std::size_t limit;  ///< MiB
};
class MemoryLimitOfManyColumns : public MemoryLimit, public testing::WithParamInterface<ManyColumns> {};
INSTANTIATE_TEST_SUITE_P(All, MemoryLimitOfManyColumns,
                         testing::Values(ManyColumns{4000, 1000, 56},  // 32 MB as numbers, and as much again encoded
                                         ManyColumns{10'000, 300, 64}, ManyColumns{70'000, 20, 256}));

TEST_P(MemoryLimitOfManyColumns, IsKept) {
  const auto [n_columns, n_rows, limit] = GetParam();
  folder_->write("wide.csv", wide_csv(n_columns, n_rows));
  const std::vector<std::string> options = {"--max-iter", "3", "--threads", "2", "--json"};
  ASSERT_EQ(train("logistic-regression", "wide.csv", "label", "free.thrum", options).exit_code, 0);
  std::vector<std::string> within = options;
  within.insert(within.end(), {"--memory-limit", THRUM_SANITIZED ? "8G" : std::to_string(limit) + "M"});
  const Outcome limited = train("logistic-regression", "wide.csv", "label", "limited.thrum", within);
  ASSERT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum"));
  if (!THRUM_SANITIZED) {
    EXPECT_LT(json::parse(limited.out).at("peak_memory_bytes"), limit << 20);
  }
}

TEST_F(MemoryLimit, IsRefusedAtOnceForTooManyColumns) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "the process alone takes more than the limit";
  folder_->write("wide.csv", wide_csv(70'000, 20));
  const Outcome outcome =
      train("logistic-regression", "wide.csv", "label", "m.thrum", {"--memory-limit", "32M", "--threads", "2"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err, testing::ContainsRegex("\\[memory\\] the 70001 columns of wide.csv take [0-9]+ MiB, the "
                                                  "process [0-9]+ MiB at least, more than the limit of 32 MiB\n"
                                                  "  raise the limit to [0-9]+M or more, or use fewer columns"));
}

TEST_F(MemoryLimit, IsRefusedWhereTheProductsOfColumnsAreMore) {
  folder_->write("wide.csv", wide_csv(4000, 20));
  const Outcome outcome = train("ridge", "wide.csv", "label", "m.thrum", {"--memory-limit", "64M", "--threads", "2"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err,
              testing::ContainsRegex("\\[memory\\] 16016004 sums over the rows take [0-9]+ MiB, the process "
                                     "[0-9]+ MiB at least, more than the limit of 64 MiB\n"));
}

TEST_F(MemoryLimit, HoldsSparseRowsInMemory) {
  std::string rows;
  for (int i = 0; i < 2000; ++i) {
    rows += std::to_string(i % 2) + " " + std::to_string(1 + i * 7 % 20'000) + ":1 " + std::to_string(20'001 + 50 * i) +
            ":2\n";
  }
  folder_->write("sparse.svm", rows);  // 1.9 GB as a table
  const std::vector<std::string> options = {"--max-iter", "3", "--threads", "2", "--valid", "0.2", "--json"};
  ASSERT_EQ(train("logistic-regression", "sparse.svm", "label", "free.thrum", options).exit_code, 0);
  std::vector<std::string> within = options;
  within.insert(within.end(), {"--memory-limit", THRUM_SANITIZED ? "8G" : "80M"});
  const Outcome limited = train("logistic-regression", "sparse.svm", "label", "limited.thrum", within);
  ASSERT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_EQ(json::parse(limited.out).at("matrix"), "sparse");
  EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum"));
  if (!THRUM_SANITIZED) {
    EXPECT_LT(json::parse(limited.out).at("peak_memory_bytes"), 80 << 20);
    const Outcome refused =
        train("logistic-regression", "sparse.svm", "label", "m.thrum", {"--memory-limit", "40M", "--threads", "2"});
    EXPECT_EQ(refused.exit_code, 6);
    EXPECT_THAT(refused.err, testing::ContainsRegex("\\[memory\\] the 119951 columns of sparse.svm take 44 MiB, the "
                                                    "process [0-9]+ MiB at least, more than the limit of 40 MiB\n"));
  }
}

TEST_F(MemoryLimit, NamesAFieldThatItHasNoRoomFor) {
  folder_->write("long.csv", "x,text,y\n1,a,2\n2,\"" + std::string(5 << 20, 'b') + "\",3\n");
  const Outcome outcome = train("ridge", "long.csv", "y", "m.thrum", {"--memory-limit", "64M"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err,
              HasSubstr("[long.csv] line 3, column 2 (\"text\"): a field of more than 4096 KiB, which a "
                        "memory limit of 64 MiB has no room for\n  raise the limit, or shorten the field"));
}

TEST_F(MemoryLimit, GivesTheSameModelWithRowsHeldOutAndColumnsPrepared) {
  const std::vector<std::string> options = {"--prepare", "impute(strategy=median); one-hot", "--valid", "0.2",
                                            "--json"};
  const Outcome free = train("ridge", breast_cancer, "worst_area", "free.thrum", options);
  ASSERT_EQ(free.exit_code, 0) << free.err;
  std::vector<std::string> within = options;
  within.insert(within.end(), {"--memory-limit", "8G"});
  const Outcome limited = train("ridge", breast_cancer, "worst_area", "limited.thrum", within);
  ASSERT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum"));
  EXPECT_EQ(json::parse(limited.out).at("valid"), json::parse(free.out).at("valid"));
}

TEST_F(MemoryLimit, GivesTheSameModelBehindEveryPreparation) {
  for (const char* steps :
       {"impute(strategy=most_frequent); one-hot(columns=month, handle_unknown=error); "
        "ordinal-encoder(columns=carrier); "
        "target-encoder; power-transformer(columns=air_time); k-bins(columns=departure_time, encode=onehot)",
        "impute; hashing(n_features=16); quantile-transformer(columns=air_time); polynomial; variance-threshold; "
        "standard-scaler; robust-scaler",
        "drop(type=category); impute; min-max-scaler; max-abs-scaler; binarize(columns=air_time, threshold=0.1); "
        "normalize"}) {
    ASSERT_EQ(train("ridge", "airline.csv", "distance", "free.thrum", {"--prepare", steps}).exit_code, 0);
    const Outcome limited = train("ridge", "airline.csv", "distance", "limited.thrum",
                                  {"--prepare", steps, "--memory-limit", THRUM_SANITIZED ? "8G" : "400M"});
    EXPECT_EQ(limited.exit_code, 0) << limited.err;
    EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum")) << steps;
  }
}

TEST_F(MemoryLimit, TakesWhatComesFromAPipe) {
  const std::string rows = read_text(folder_->file("airline.csv"));
  const std::vector<std::string> arguments = {"train",       "ridge",          "-", "--target", "distance", "-o",
                                              "piped.thrum", "--memory-limit", "8G"};
  const Outcome piped = run_thrum(arguments, {.input = rows, .folder = folder_->path()});
  ASSERT_EQ(piped.exit_code, 0) << piped.err;
  ASSERT_EQ(train("ridge", "airline.csv", "distance", "free.thrum", {}).exit_code, 0);
  EXPECT_TRUE(bytes_of("piped.thrum") == bytes_of("free.thrum"));
}

TEST_F(MemoryLimit, GivesTheSameModelOfEveryLearnerThatStreams) {
  const std::string limit = THRUM_SANITIZED ? "8G" : "400M";
  using Arguments = std::vector<std::string>;
  for (const Arguments& learner :
       {Arguments{"logistic-regression"}, Arguments{"logistic-regression", "--solver", "saga", "--max-iter", "3"},
        Arguments{"linear-regression"}, Arguments{"ridge"}, Arguments{"lasso"}, Arguments{"elastic-net"},
        Arguments{"poisson-regression"}, Arguments{"gamma-regression"},
        Arguments{"sgd-classifier", "--max-iter", "3", "--valid", "0.2"},
        Arguments{"sgd-regressor", "--max-iter", "3", "--average"}}) {
    const bool is_classifier = learner[0] == "logistic-regression" || learner[0] == "sgd-classifier";
    const std::string target = is_classifier ? "delayed" : "distance";
    Arguments options(learner.begin() + 1, learner.end());
    ASSERT_EQ(train(learner[0], "airline.csv", target, "free.thrum", options).exit_code, 0);
    options.insert(options.end(), {"--memory-limit", limit, "--threads", "3", "--ranks", "3"});
    const Outcome limited = train(learner[0], "airline.csv", target, "limited.thrum", options);
    EXPECT_EQ(limited.exit_code, 0) << limited.err;
    EXPECT_TRUE(bytes_of("limited.thrum") == bytes_of("free.thrum")) << learner[0];
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

TEST_F(MemoryLimit, WarnsOfAFolderThatIsMemory) {
  struct statfs system{};
  constexpr long tmpfs = 0x01021994;
  if (statfs("/dev/shm", &system) != 0 || system.f_type != tmpfs) GTEST_SKIP() << "no file system in memory here";
  const Outcome outcome =
      train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "8G", "--scratch", "/dev/shm"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("[scratch] /dev/shm is a file system in memory: what is kept there takes as much "
                                     "memory; name a folder on a disk with --scratch\n"));
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
  EXPECT_EQ(trees.err,
            "thrum: error: [train] --memory-limit: gbdt keeps all rows in memory\n  learners that do not: "
            "logistic-regression, linear-regression, ridge, lasso, elastic-net, poisson-regression, gamma-regression, "
            "sgd-classifier, sgd-regressor\n");
}

TEST_F(MemoryLimit, RefusesWhatItCannotUse) {
  EXPECT_THAT(train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "much"}).err,
              HasSubstr("[memory_limit] expected a size such as 500M, 1G or 10GB, got \"much\""));
  const Outcome nowhere =
      train("ridge", "airline.csv", "distance", "m.thrum", {"--memory-limit", "1G", "--scratch", "/nowhere"});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("[scratch] cannot make a file in /nowhere: No such file or directory"));
}

}  // namespace
}  // namespace thrum::test
