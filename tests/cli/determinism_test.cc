#include <gtest/gtest.h>

#include <string>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

/// The signature of Thrum: how the work is split does not show in any file it writes.
class SameBytes : public testing::Test {
 protected:
  std::string generate(const std::string& generator, const std::string& rows,
                       const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments = {"data",   "generate", generator, "--rows",        rows,
                                          "--seed", "11",       "-o",      file("data.csv")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome run = run_thrum(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return file("data.csv");
  }

  /// The bytes of the model that these flags give.
  std::string train(const std::string& data, const std::string& target, const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"train", "logistic-regression", data, "--target", target,
                                          "-o",    file("model.thrum"),   "-q"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome run = run_thrum(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return read_text(file("model.thrum"));
  }

  std::string file(const std::string& name) const { return folder_.file(name); }

  /// Models of all splits of the work are equal to the first one.
  void expect_equal_models(const std::string& data, const std::string& target, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--threads", "1"});
    const std::string one = train(data, target, flags);
    ASSERT_FALSE(one.empty());
    const std::vector<std::vector<std::string>> splits = {{"--threads", "2"},
                                                          {"--threads", "5"},
                                                          {"--threads", "1", "--ranks", "3"},
                                                          {"--threads", "2", "--ranks", "3"},
                                                          {"--threads", "5", "--ranks", "2"},
                                                          {"--threads", "2", "--ranks", "9"}};
    for (const auto& split : splits) {
      flags.resize(flags.size() - 2);
      std::vector<std::string> all = flags;
      all.insert(all.end(), split.begin(), split.end());
      EXPECT_TRUE(train(data, target, all) == one) << testing::PrintToString(split);
      flags.insert(flags.end(), {"--threads", "1"});
    }
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(SameBytes, OfAModelOfNumbersForAnyThreadsAndRanks) {
  expect_equal_models(generate("higgs-like", "20000"), "label");
}

TEST_F(SameBytes, OfAModelOfCategoriesForAnyThreadsAndRanks) {
  expect_equal_models(generate("airline-like", "15000"), "delayed", {"--max-iter", "30"});
}

TEST_F(SameBytes, OfAModelInSinglePrecisionForAnyThreadsAndRanks) {
  expect_equal_models(generate("higgs-like", "13000"), "label", {"--dtype", "float32", "--max-iter", "30"});
}

TEST_F(SameBytes, OfAModelWithRowsHeldOutForAnyThreadsAndRanks) {
  expect_equal_models(generate("higgs-like", "13000"), "label", {"--valid", "0.3", "--seed", "5"});
}

TEST_F(SameBytes, OfFewRowsOnMoreRanksThanBlocks) {
  expect_equal_models(generate("higgs-like", "300"), "label");
}

TEST_F(SameBytes, OfGeneratedRowsForAnyThreads) {
  const std::string one = read_text(generate("airline-like", "9000", {"-j", "1"}));
  for (const char* threads : {"2", "5"}) {
    EXPECT_TRUE(read_text(generate("airline-like", "9000", {"-j", threads})) == one) << threads;
  }
}

TEST_F(SameBytes, OfPredictionsForAnyThreads) {
  const std::string data = generate("higgs-like", "9000");
  train(data, "label", {});
  const auto predict = [&](const std::string& threads) {
    return run_thrum({"predict", file("model.thrum"), data, "--proba", "-j", threads}).out;
  };
  const std::string one = predict("1");
  EXPECT_GT(one.size(), 9000u);
  EXPECT_TRUE(predict("2") == one);
  EXPECT_TRUE(predict("5") == one);
}

}  // namespace
}  // namespace thrum::test
