#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/logistic_regression_fixture_test.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum {
namespace {

using namespace logistic_test;
using test::refusal;
using testing::HasSubstr;
using testing_data::Generated;

TEST(LogisticRegression, RefusesOptionsThatExcludeEachOther) {
  const Dataset dataset = letters({1, 2, 3}, "aab");
  EXPECT_EQ(refusal([&] { fit(dataset, {.penalty = "l2", .l1_ratio = 0.5}); }),
            "[logistic-regression] penalty=l2 and l1_ratio=0.5 exclude each other; leave penalty out: l1_ratio says it "
            "all");
  EXPECT_EQ(refusal([&] { fit(dataset, {.l1_ratio = 0.5, .solver = "lbfgs"}); }),
            "[logistic-regression] the solver lbfgs takes no L1 penalty; use solver=newton-cd, saga or auto, or "
            "l1_ratio=0");
  EXPECT_EQ(
      refusal([&] { fit(dataset, {.solver = "liblinear"}); }),
      "[solver] liblinear is not there, since newton-cd finds the optimum in less time; use solver=newton-cd or auto");
  EXPECT_EQ(refusal([&] { fit(dataset, {.solver = "dual"}); }),
            "[solver] dual is not there, since lbfgs finds the optimum in less time; use solver=lbfgs or auto");
}

TEST(LogisticRegression, RefusesNewtonsMethodForTooManyParameters) {
  const Dataset dataset = Generated{.n_rows = 10, .n_columns = 2500}.dataset();
  EXPECT_EQ(refusal([&] { fit(dataset, {.solver = "newton-cholesky"}); }),
            "[logistic-regression] expected 2500 parameters at most for Newton's method, got 2505; use solver=lbfgs");
  EXPECT_EQ(
      refusal([&] { fit(dataset, {.penalty = "l1"}); }),
      "[logistic-regression] expected 2500 parameters at most for Newton's method, which an L1 penalty takes, got "
      "2505; use solver=saga, l1_ratio=0, or fewer columns");
}

TEST(LogisticRegression, RefusesOneClassOnly) {
  const Dataset dataset = letters({1, 2, 3}, "aab");
  EXPECT_EQ(refusal([&] { fit(dataset, O{}, {.row_mask = std::vector<std::uint8_t>{1, 1, 0}}); }),
            "[logistic-regression] expected training rows of at least two classes of \"y\", all 2 are \"a\"; train on "
            "rows of two classes or more, with weights above 0");
  EXPECT_EQ(refusal([&] { fit(dataset, O{.class_weight = "a=0"}); }),
            "[logistic-regression] expected training rows of at least two classes of \"y\", all 1 are \"b\"; train on "
            "rows of two classes or more, with weights above 0");
  EXPECT_EQ(refusal([&] { fit(dataset, O{}, {.row_mask = std::vector<std::uint8_t>{0, 0, 0}}); }),
            "[logistic-regression] no training row has a weight above 0; train on rows of two classes or more, with "
            "weights above 0");
}

TEST(LogisticRegression, RefusesBadClassWeights) {
  const Dataset dataset = Generated{}.dataset();
  const auto refuse = [&](const std::string& text) { return refusal([&] { fit(dataset, O{.class_weight = text}); }); };
  EXPECT_EQ(refuse("k1=2,K0=1"),
            "[logistic-regression] class_weight names \"K0\", which is no class of \"label\"; nearest: \"k0\"");
  const std::string expected =
      "[class_weight] expected none, balanced, or label=weight,label=weight with weights of 0 or more, got ";
  EXPECT_EQ(refuse("k0"), expected + "\"k0\"");
  EXPECT_EQ(refuse("k0=-1"), expected + "\"k0=-1\"");
  EXPECT_EQ(refuse("k0=1,k1=much"), expected + "\"k1=much\"");
  EXPECT_EQ(refuse("k0=inf"), expected + "\"k0=inf\"");
  EXPECT_EQ(refuse(""), expected + "\"\"");
  EXPECT_EQ(refuse("k0=1e308"),
            "[logistic-regression] expected weights that add up to 1e+100 at most, with those of the classes it is "
            "more; divide them all by the same number");
}

TEST(LogisticRegression, RefusesOptionsOutOfTheirRange) {
  const Dataset dataset = letters({1, 2, 3}, "aab");
  EXPECT_EQ(refusal([&] { fit(dataset, O{.C = 0}); }), "[C] expected a number in (0, inf], got \"0\"");
  EXPECT_EQ(refusal([&] { fit(dataset, O{.max_iter = 0}); }),
            "[max_iter] expected an integer in [1, 2147483647], got \"0\"");
  EXPECT_THAT(refusal([&] { fit(dataset, O{.dtype = "float16"}); }), HasSubstr("float16"));
}

TEST(LogisticRegression, RefusesRoundedRowsWhereTheSolverHasItsOwn) {
  EXPECT_EQ(
      refusal([] { fit(letters({1, 2, 3}, "aab"), O{.solver = "saga", .dtype = "bfloat16"}); }),
      "[logistic-regression] the solver saga keeps its rows in float64, got dtype=bfloat16; use another solver, or "
      "dtype=float64");
}

TEST(LogisticRegression, RefusesMasksAndWeightsThatDoNotFit) {
  const Dataset dataset = letters({1, 2, 3}, "aab");
  EXPECT_EQ(refusal([&] { fit(dataset, O{}, {.row_mask = std::vector<std::uint8_t>{1, 1}}); }),
            "[logistic-regression] expected one mask value for each of the 3 rows, got 2");
  EXPECT_EQ(refusal([&] { fit(dataset, O{}, {.weights = Numbers{1, 1, 1, 1}}); }),
            "[logistic-regression] expected one weight for each of the 3 rows, got 4");
  EXPECT_EQ(refusal([&] { fit(dataset, O{}, {.weights = Numbers{1, -2, 1}}); }),
            "[logistic-regression] expected weights from 0 to 1e+100, got -2 in row 2");
}

TEST(LogisticRegression, RefusesAStartOfAnotherSchema) {
  const auto start = fit(letters({1, 2, 3}, "aab"));
  EXPECT_EQ(refusal([&] { fit(letters({1, 2, 3}, "aac"), O{}, {.start = start.get()}); }),
            "[logistic-regression] expected a start model with the features and classes of the data, got another "
            "schema; start from a model that was trained on the same columns");
}

TEST(LogisticRegression, RefusesValuesThatTheTypeCannotHold) {
  const Dataset dataset = letters({1e100, 2e100, 3e100, 4e100}, "abab");
  EXPECT_EQ(refusal([&] { fit(dataset, O{.fit_intercept = false, .dtype = "float32", .standardize = false}); }),
            "[logistic-regression] expected an objective that float32 can hold, it is not finite at the start; use "
            "standardize=true, dtype=float64 or another start");
}

}  // namespace
}  // namespace thrum
