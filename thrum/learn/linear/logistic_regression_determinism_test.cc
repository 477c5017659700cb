#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/log.h"
#include "thrum/learn/determinism_testing_internal.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum {
namespace {

using testing_data::Bytes;
using testing_data::expect_same_bytes;
using testing_data::Generated;
using testing_data::train;

const LogisticRegression learner;

struct Case {
  std::string name;
  Generated rows;
  LogisticRegressionOptions options;

  Options described() const { return {options, LogisticRegressionOptions::fields()}; }
};

class LogisticRegressionFile : public testing::TestWithParam<Case> {};

TEST_P(LogisticRegressionFile, HasTheSameBytesForAnyNumberOfThreadsAndRanks) {
  expect_same_bytes(learner, GetParam().rows.dataset(), GetParam().described());
}

TEST_P(LogisticRegressionFile, HasTheSameBytesWhereARankHasNoRows) {
  Case c = GetParam();
  c.rows.n_rows = 2 * row_block;
  EXPECT_TRUE(train(learner, c.rows.dataset(), c.described(), 1, 3) ==
              train(learner, c.rows.dataset(), c.described(), 1, 1));
}

TEST_P(LogisticRegressionFile, ChangesWithTheRows) {
  Case c = GetParam();
  c.rows.n_rows = 3000;
  const Bytes one = train(learner, c.rows.dataset(), c.described(), 1, 1);
  c.rows.seed += 1;
  EXPECT_FALSE(train(learner, c.rows.dataset(), c.described(), 1, 1) == one);
}

std::vector<Case> cases() {
  const Generated binary{.seed = 21, .n_rows = 6 * row_block + 123};
  const Generated multinomial{.seed = 22, .n_rows = 6 * row_block + 4001, .n_columns = 3, .n_classes = 4};
  return {{"BinaryF64", binary, {}},
          {"BinaryF32", binary, {.tol = 1e-9, .class_weight = "balanced", .dtype = "float32"}},
          {"BinaryBfloat16", binary, {.tol = 1e-7, .dtype = "bfloat16"}},
          {"BinaryThatBeginsWithASample", {.seed = 23, .n_rows = 33 * row_block + 5, .n_columns = 3}, {}},
          {"MultinomialF64", multinomial, {.C = 0.1, .class_weight = "balanced"}},
          {"L1", binary, {.penalty = "l1", .C = 1e-3}},
          {"Newton", multinomial, {.solver = "newton-cholesky"}},
          {"NewtonCg", multinomial, {.solver = "newton-cg"}},
          {"NewtonCd", binary, {.penalty = "l1", .C = 1e-3, .solver = "newton-cd"}},
          {"GradientDescent", multinomial, {.solver = "gradient-descent", .max_iter = 5}},
          {"WithoutPenalty", {.seed = 25, .n_rows = 6 * row_block + 7, .n_columns = 2}, {.penalty = "none"}},
          {"MultinomialWithoutPenaltyF32", multinomial, {.penalty = "none", .tol = 1e-2, .dtype = "float32"}},
          {"Saga", multinomial, {.solver = "saga", .max_iter = 2}},
          {"MultinomialElasticNet", multinomial, {.C = 1e-3, .l1_ratio = 0.5, .dtype = "float32"}},
          {"MultinomialF32", multinomial, {.dtype = "float32", .standardize = false}}};
}

INSTANTIATE_TEST_SUITE_P(Cases, LogisticRegressionFile, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

TEST(LogisticRegressionFiles, ComeWithAWordOnceOfTheRowsThatEachRankHoldsForSaga) {
  std::vector<std::string> said;
  set_log_sink([&](LogLevel, std::string_view message) {
    if (message.find("ranks") != std::string_view::npos) said.emplace_back(message);
  });
  const Options options(LogisticRegressionOptions{.solver = "saga", .max_iter = 1},
                        LogisticRegressionOptions::fields());
  train(learner, Generated{}.dataset(), options, 1, 1);
  EXPECT_TRUE(said.empty());
  train(learner, Generated{}.dataset(), options, 1, 2);
  set_log_sink(nullptr);
  EXPECT_EQ(said, std::vector<std::string>{"[logistic-regression] saga takes one row after another: each of 2 ranks "
                                           "holds the rows of all"});
}

TEST(LogisticRegressionFiles, HaveTheSameBytesForFoldsAndPenaltiesInSharedPasses) {
  const Generated rows{.seed = 24, .n_rows = 4 * row_block + 77, .n_columns = 3};
  const Options weak(LogisticRegressionOptions{.standardize = false}, LogisticRegressionOptions::fields());
  const Options strong(LogisticRegressionOptions{.C = 1e-4, .standardize = false}, LogisticRegressionOptions::fields());
  std::vector<std::uint8_t> fold(rows.n_rows, 1);
  for (std::size_t i = 0; i < rows.n_rows; i += 5) fold[i] = 0;
  // Folds that the first rank's rows do not tell apart, and others not from all rows.
  std::vector<std::uint8_t> early(rows.n_rows, 1), late(rows.n_rows, 1);
  early[rows.n_rows - 30] = 0;
  late[rows.n_rows - 20] = 0;
  const std::vector<FitSpec> specs = {{.options = &weak},
                                      {.options = &strong},
                                      {.options = &weak, .row_mask = fold},
                                      {.options = &strong, .row_mask = fold},
                                      {.options = &weak, .row_mask = early},
                                      {.options = &weak, .row_mask = late}};
  expect_same_bytes(learner, rows.dataset(), specs);
}

TEST(LogisticRegressionFiles, HaveTheSameBytesWhereTheFirstPassMeasuresTheColumns) {
  const Generated rows{.seed = 26, .n_rows = 33 * row_block + 5, .n_columns = 3};
  const Dataset numbers(rows.table(), {.target = "label", .exclude = {"x0", "c", "weight"}});
  const Options weak(LogisticRegressionOptions{}, LogisticRegressionOptions::fields());
  const Options strong(LogisticRegressionOptions{.C = 1e-4}, LogisticRegressionOptions::fields());
  std::vector<std::uint8_t> fold(rows.n_rows, 1);
  for (std::size_t i = 0; i < rows.n_rows; i += 5) fold[i] = 0;
  const Options single(LogisticRegressionOptions{.dtype = "float32"}, LogisticRegressionOptions::fields());
  const std::vector<FitSpec> specs = {
      {.options = &weak}, {.options = &weak, .row_mask = fold}, {.options = &single}, {.options = &strong}};
  expect_same_bytes(learner, numbers, specs);
  Bytes alone;
  for (const FitSpec& spec : specs) {
    const Bytes file = train(learner, numbers, std::span(&spec, 1), 2, 1);
    alone.insert(alone.end(), file.begin(), file.end());
  }
  EXPECT_TRUE(train(learner, numbers, specs, 2, 1) == alone);
}

}  // namespace
}  // namespace thrum
