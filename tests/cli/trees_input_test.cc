// What trees are given when data is odd: an answer or an error that says what is wrong, and neither takes long.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using testing::HasSubstr;

class TreesOf : public testing::TestWithParam<const char*> {
 protected:
  Outcome train(const std::string& input, std::vector<std::string> flags = {}) const {
    std::vector<std::string> arguments = {"train", GetParam(), "-", "--target", "y", "-o", model};
    if (std::string(GetParam()) != "decision-tree") flags.insert(flags.end(), {"--n-estimators", "3"});
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_thrum(arguments, {.input = input});
  }
  void expect_refusal(const Outcome& run, const std::string& message) const {
    EXPECT_EQ(run.exit_code, 3) << run.err;
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_EQ(read_text(model), "");
  }
  std::string predictions(const std::string& input) const {
    const Outcome run = run_thrum({"predict", model, "-"}, {.input = input});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  }

  TemporaryFolder folder;
  const std::string model = folder.file("model.thrum");
};

/// "x,y" rows: row i holds `x[i % n]` and `y[i % m]`.
std::string rows(const std::vector<std::string>& x, const std::vector<std::string>& y, std::size_t n = 200) {
  std::string text = "x,y\n";
  for (std::size_t i = 0; i < n; ++i) text += fmt::format("{},{}\n", x[i % x.size()], y[i % y.size()]);
  return text;
}

TEST_P(TreesOf, AColumnWithoutValuesAreRefused) {
  expect_refusal(train("gone,x,y\n,1,a\n,2,b\n"), "column \"gone\" of");
  EXPECT_EQ(train("gone,x,y\n,1,a\n,2,b\n", {"--exclude", "gone"}).exit_code, 0);
}

TEST_P(TreesOf, OneClassAreRefused) {
  expect_refusal(train(rows({"1", "2"}, {"yes"})), "target \"y\" has \"yes\" in every row");
}

TEST_P(TreesOf, OneNumberPredictIt) {
  ASSERT_EQ(train(rows({"1", "2", "3"}, {"3.5"})).exit_code, 0);
  EXPECT_EQ(predictions("x\n1\n99\n"), "prediction\n3.5\n3.5\n");
}

TEST_P(TreesOf, WeightsThatAreAllZeroAreRefused) {
  expect_refusal(train("x,w,y\n1,0,a\n2,0,b\n", {"--weight", "w"}), "weight \"w\" of");
}

TEST_P(TreesOf, InfiniteNumbersTakeThemForTheLargest) {
  ASSERT_EQ(train(rows({"inf", "-inf", "1", "2"}, {"high", "low"})).exit_code, 0);
  EXPECT_EQ(predictions("x\ninf\n-inf\n"), "prediction\nhigh\nlow\n");
}

TEST_P(TreesOf, NegativeZerosTakeThemForZeros) {
  ASSERT_EQ(train(rows({"0.0", "1", "-0.0", "1"}, {"none", "some"})).exit_code, 0);
  EXPECT_EQ(predictions("x\n-0.0\n0.0\n0\n1\n"), "prediction\nnone\nnone\nnone\nsome\n");
}

TEST_P(TreesOf, CategoriesAnswerForThoseTheyNeverSaw) {
  ASSERT_EQ(train(rows({"red", "green", "blue"}, {"a", "b", "c"})).exit_code, 0);
  EXPECT_THAT(predictions("x,z\nviolet,1\n,1\nred,1\n"), testing::MatchesRegex("prediction\n[abc]\n[abc]\na\n"));
}

INSTANTIATE_TEST_SUITE_P(All, TreesOf, testing::Values("decision-tree", "random-forest", "extra-trees", "gbdt"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::erase(name, '-');
                           return name;
                         });

class TreesOfMuch : public TreesOf {};

TEST_P(TreesOfMuch, CategoriesNeedLittleMemory) {
  std::string text = "c,y\n";
  for (int i = 0; i < 100'000; ++i) text += fmt::format("id{},{}\n", i, i % 2);
  const Outcome run = train(text);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_LT(read_text(model).size(), 8u << 20);
  EXPECT_THAT(predictions("c\nid7\nnew\n"), testing::MatchesRegex("prediction\n[01]\n[01]\n"));
}

TEST_P(TreesOfMuch, ColumnsAreTrainedOn) {
  constexpr int n_columns = 65'536;
  std::string text;
  for (int j = 0; j < n_columns; ++j) text += fmt::format("x{},", j);
  text += "y\n";
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < n_columns; ++j) text += fmt::format("{},", i * j % 5);
    text += i % 2 == 0 ? "a\n" : "b\n";
  }
  const Outcome run = train(text);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("65,536 features (65,536 numeric, 0 categorical)"));
}

INSTANTIATE_TEST_SUITE_P(All, TreesOfMuch, testing::Values("decision-tree", "random-forest", "gbdt"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace thrum::test
