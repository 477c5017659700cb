#include "thrum/learn/linear/logistic_regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/logistic_regression_fixture_test.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum {
namespace {

using namespace logistic_test;
using test::refusal;
using testing::HasSubstr;
using testing_data::Generated;

TEST(LogisticRegression, FindsTheSolutionThatCanBeDoneByHand) {
  // x is -1 or 1; P(b | x = 1) = 3/4 and P(b | x = -1) = 1/4 without a penalty, so w = log 3 and b = 0.
  const Dataset dataset = letters({1, 1, 1, 1, -1, -1, -1, -1}, "bbbaaaab");
  O options = tight;
  options.C = infinity;
  const auto model = fit(dataset, options);
  EXPECT_TRUE(model->training().converged);
  EXPECT_EQ(model->training().n_rows, 8u);
  EXPECT_NEAR(model->parts().coefficients[0], std::log(3.0), 1e-8);
  EXPECT_NEAR(model->parts().intercepts[0], 0, 1e-8);
  EXPECT_NEAR(model->training().objective, -0.75 * std::log(0.75) - 0.25 * std::log(0.25), 1e-14);
}

TEST(LogisticRegression, SaysWhyThereAreNoStandardErrors) {
  const auto why = [](const Dataset& dataset, const O& options) { return fit(dataset, options)->parts().no_inference; };
  const Dataset dataset = letters({1, 2, 3, 4, 5, 6, 2.5, 4.5}, "aabbabab");
  EXPECT_EQ(why(dataset, {.penalty = "none"}), "");
  EXPECT_TRUE(fit(dataset, {.penalty = "none"})->parts().inference.has_value());
  EXPECT_EQ(why(dataset, {}), "a penalty biases the coefficients; use penalty=none");
  EXPECT_EQ(why(letters({1, 2, 3, 4, 5, 6, 2.5, 4.5}, "aabbcacb"), {.penalty = "none"}),
            "they are given for two classes only");
  EXPECT_EQ(why(letters({1, 2, 3, 4}, "aabb"), {.penalty = "none"}), "the fit did not converge (separable)");
  EXPECT_EQ(why(Generated{}.dataset(), {.penalty = "none", .max_iter = 500}),
            "columns depend on each other (those of a category add up to one); leave one of them out");
}

TEST(LogisticRegression, LeavesTheInterceptOut) {
  EXPECT_EQ(fit(Generated{}.dataset(), {.fit_intercept = false})->parts().intercepts, Numbers{0});
}

TEST(LogisticRegression, GivesCoefficientsThatAddUpToZeroOverClasses) {
  for (const double C : {1.0, infinity}) {
    const auto model = fit(Generated{.n_classes = 4}.dataset(), {.C = C, .tol = 1e-7, .max_iter = 500});
    const LogisticRegressionModel::Parts& p = model->parts();
    EXPECT_NEAR(std::accumulate(p.intercepts.begin(), p.intercepts.end(), 0.0), 0, 1e-12);
    const std::size_t n = p.encoder.n_outputs();
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += p.coefficients[k * n + j];
      EXPECT_NEAR(sum, 0, 1e-5);
    }
  }
}

TEST(LogisticRegression, TakesWholeWeightsAsRepetitions) {
  const Numbers x = {0.5, 1.5, -1, 2, 0.1, -0.7};
  const auto weighted = fit(letters(x, "abcabc", {2, 1, 3, 1, 1, 2}), tight);
  const auto repeated = fit(letters({0.5, 0.5, 1.5, -1, -1, -1, 2, 0.1, -0.7, -0.7}, "aabcccabcc"), tight);
  expect_near(weighted->parts(), repeated->parts(), 1e-7);
  EXPECT_NEAR(weighted->training().objective, repeated->training().objective, 1e-13);
}

TEST(LogisticRegression, TakesAWeightOfZeroAsARowThatIsNotThere) {
  const auto zero = fit(letters({0.5, 1.5, -1, 9, 2}, "ababb", {1, 1, 1, 0, 1}), tight);
  const auto removed = fit(letters({0.5, 1.5, -1, 2}, "abab"), tight);
  expect_near(zero->parts(), removed->parts(), 1e-8);
  EXPECT_EQ(zero->training().n_rows, 4u);
}

TEST(LogisticRegression, TakesAMaskedRowAsARowThatIsNotThere) {
  const Generated generated{.n_classes = 3};
  std::vector<std::uint8_t> mask(generated.n_rows, 1);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < generated.n_rows; ++i) {
    mask[i] = i % 5 != 0;
    if (mask[i] != 0) kept.push_back(i);
  }
  const O exact{.solver = "newton-cholesky", .tol = 1e-15};
  const auto masked = fit(generated.dataset(), exact, {.row_mask = mask});
  const auto removed = fit(take(*generated.table(), kept, "weight"), exact);
  expect_near(parts(masked), removed->parts(), 1e-12);
  EXPECT_EQ(masked->training().n_rows, kept.size());
}

TEST(LogisticRegression, MultipliesTheWeightsOfTheSpecWithThoseOfTheDataset) {
  const auto both = fit(letters({1, 2, 3, 4}, "abab", {1, 2, 3, 4}), tight, {.weights = Numbers{4, 3, 2, 1}});
  const auto product = fit(letters({1, 2, 3, 4}, "abab", {4, 6, 6, 4}), tight);
  expect_near(parts(both), product->parts(), 1e-9);
}

TEST(LogisticRegression, DoesNotDependOnTheOrderOfRows) {
  const Generated generated{.n_rows = 9000, .n_columns = 3};
  std::vector<std::size_t> backwards(generated.n_rows);
  std::iota(backwards.rbegin(), backwards.rend(), std::size_t{0});
  const O exact{.solver = "newton-cholesky", .tol = 1e-15};
  const auto forward = fit(generated.dataset(), exact);
  const auto backward = fit(take(*generated.table(), backwards, "weight"), exact);
  expect_near(forward->parts(), backward->parts(), 1e-12);
}

TEST(LogisticRegression, WeighsClassesEvenlyWhenBalanced) {
  // Six of a, two of b: balanced gives b three times the weight of a.
  const Numbers x = {1, 2, 3, 4, 5, 6, 4, 9};
  const auto balanced = fit(letters(x, "aaaaaabb"), {.tol = 1e-9, .max_iter = 500, .class_weight = "balanced"});
  const auto given =
      fit(letters(x, "aaaaaabb"), {.tol = 1e-9, .max_iter = 500, .class_weight = "b=2,a=0.6666666666666666"});
  EXPECT_NEAR(balanced->parts().coefficients[0], given->parts().coefficients[0], 1e-8);
}

TEST(LogisticRegression, StartsFromAModel) {
  const Dataset dataset = Generated{.n_rows = 3000, .n_classes = 3}.dataset();
  const O options{.tol = 1e-7, .max_iter = 500};
  const auto cold = fit(dataset, options);
  const auto again = fit(dataset, options, {.start = cold.get()});
  EXPECT_EQ(again->training().iterations, 0u);
  const O other{.C = 2};
  const auto warm = fit(dataset, other, {.start = cold.get()});
  EXPECT_LT(warm->training().iterations, fit(dataset, other)->training().iterations);
  EXPECT_TRUE(warm->training().converged);
}

TEST(LogisticRegression, StartsFromAModelOfOtherMeansAndScales) {
  const Dataset dataset = Generated{.n_rows = 3000}.dataset();
  const O raw{.C = infinity, .tol = 1e-7, .max_iter = 1000, .standardize = false};
  const auto start = fit(dataset, raw);
  O standardized = raw;
  standardized.standardize = true;
  const auto model = fit(dataset, standardized, {.start = start.get()});
  EXPECT_NEAR(model->training().objective, start->training().objective, 1e-9);
  EXPECT_LT(model->training().iterations, fit(dataset, standardized)->training().iterations);
}

TEST(LogisticRegression, FitsManyLikeEachAlone) {
  const Dataset dataset = Generated{.n_rows = 5000, .n_classes = 3}.dataset();
  std::vector<std::uint8_t> mask(5000, 1);
  for (std::size_t i = 0; i < 2000; ++i) mask[i] = 0;
  const Options plain(O{}, O::fields());
  const Options strong(O{.C = 0.01}, O::fields());
  const Options single(O{.dtype = "float32"}, O::fields());
  const Options rounded(O{.dtype = "bfloat16"}, O::fields());
  const Options sparse(O{.C = 0.01, .l1_ratio = 0.7}, O::fields());
  const Options newton(O{.solver = "newton-cholesky"}, O::fields());
  const std::vector<FitSpec> specs = {{.options = &plain},
                                      {.options = &strong, .row_mask = mask},
                                      {.options = &strong},
                                      {.options = &single},
                                      {.options = &rounded},
                                      {.options = &rounded, .row_mask = mask},
                                      {.options = &sparse},
                                      {.options = &newton},
                                      {.options = &sparse, .row_mask = mask},
                                      {.options = &plain, .row_mask = mask}};
  const auto models = LogisticRegression().fit_many(dataset, specs, LocalExecution(2));
  ASSERT_EQ(models.size(), specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto alone = LogisticRegression().fit_many(dataset, std::span(&specs[i], 1), LocalExecution(2));
    EXPECT_EQ(serialize(*models[i]), serialize(*alone.front())) << "spec " << i;
  }
}

TEST(LogisticRegression, FitsAllFoldsAndPenaltiesLikeEachAlone) {
  const Dataset dataset = Generated{.n_rows = 3000}.dataset();
  std::vector<std::vector<std::uint8_t>> folds(3, std::vector<std::uint8_t>(3000, 1));
  for (std::size_t i = 0; i < 3000; ++i) folds[i % 3][i] = 0;
  for (const bool standardize : {true, false}) {
    std::vector<Options> options;
    for (const double C : {1e-3, 0.1, 1.0, 100.0}) {
      options.emplace_back(O{.C = C, .max_iter = 500, .standardize = standardize}, O::fields());
    }
    std::vector<FitSpec> specs;
    for (const auto& fold : folds) {
      for (const Options& candidate : options) specs.push_back({.options = &candidate, .row_mask = fold});
    }
    const auto models = LogisticRegression().fit_many(dataset, specs, LocalExecution(2));
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto alone = LogisticRegression().fit_many(dataset, std::span(&specs[i], 1), LocalExecution(2));
      EXPECT_EQ(serialize(*models[i]), serialize(*alone.front())) << "spec " << i;
    }
  }
}

/// `n_rows` rows of complete numbers of different means and scales.
std::shared_ptr<const Table> complete_numbers(std::size_t n_rows) {
  const Random random(3);
  Numbers a(n_rows), b(n_rows);
  std::vector<std::string> y(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    a[i] = 7 + random.normal(3 * i);
    b[i] = 100 * random.normal(3 * i + 1);
    y[i] = a[i] - 7 + b[i] / 100 + random.normal(3 * i + 2) > 0 ? "yes" : "no";
  }
  return std::make_shared<const Table>(
      std::vector<Column>{Column::float64("a", a), Column::float64("b", b), Column::category_from("label", y)});
}

TEST(LogisticRegression, FitsFoldsThatShareAMatrixLikeTheirRowsAlone) {
  const auto table = complete_numbers(600);
  const Dataset dataset(table, {.target = "label"});
  std::vector<std::uint8_t> mask(600, 1);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < 600; ++i) {
    mask[i] = i % 3 != 0;
    if (mask[i] != 0) kept.push_back(i);
  }
  for (const bool standardize : {true, false}) {
    const O options{.C = 0.01, .tol = 1e-10, .max_iter = 500, .standardize = standardize};
    const auto masked = fit(dataset, options, {.row_mask = mask});
    const auto removed = fit(take(*table, kept, ""), options);
    expect_near(parts(masked), removed->parts(), 1e-8);
    EXPECT_NEAR(masked->training().objective, removed->training().objective, 1e-12);
  }
}

TEST(LogisticRegression, ReportsHowManyOfManyFitsAreDone) {
  struct Details final : Progress {
    void report(const Report& report) override { last = report.detail; }
    std::string last;
  } details;
  LocalExecution local(2);
  local.get().progress = &details;
  const Options options(O{}, O::fields());
  const std::vector<FitSpec> specs(3, FitSpec{.options = &options});
  EXPECT_EQ(LogisticRegression().fit_many(Generated{}.dataset(), specs, local).size(), 3u);
  EXPECT_EQ(details.last, "3 of 3 fits done");
}

TEST(LogisticRegression, KeepsAClassThatTheMaskLeavesOut) {
  const Dataset dataset = letters({1, 2, 3, 4, 5, 6, 7, 8, 9}, "ababababc");
  const auto model =
      fit(dataset, O{.tol = 1e-8, .max_iter = 500}, {.row_mask = std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1, 1, 1, 0}});
  ASSERT_EQ(parts(model).intercepts.size(), 3u);
  EXPECT_LT(parts(model).intercepts[2], parts(model).intercepts[0] - 5);
}

TEST(LogisticRegression, SharesACoefficientBetweenEqualColumns) {
  const Numbers x = {1, 2, 3, 4, 5, 6};
  const std::vector<std::string> y = {"a", "a", "b", "a", "b", "b"};
  const Dataset both(std::make_shared<const Table>(std::vector<Column>{
                         Column::float64("x", x), Column::float64("again", x), Column::category_from("y", y)}),
                     {.target = "y"});
  // Half the penalty: (u/2)^2 + (u/2)^2 = u^2 / 2.
  const auto alone = fit(letters(x, "aababb"), {.C = 2, .solver = "newton-cholesky", .tol = 1e-14});
  for (const std::string solver : {"lbfgs", "newton-cholesky", "newton-cg"}) {
    const auto model = fit(both, {.solver = solver, .tol = 1e-12});
    for (const double w : model->parts().coefficients) EXPECT_NEAR(w, alone->parts().coefficients[0] / 2, 1e-10);
  }
}

TEST(LogisticRegression, GivesAConstantColumnNoCoefficient) {
  const std::vector<std::string> y = {"a", "b", "a", "b"};
  const auto table = std::make_shared<const Table>(std::vector<Column>{
      Column::float64("x", {1, 2, 2, 3}), Column::float64("same", {7, 7, 7, 7}), Column::category_from("y", y)});
  const auto model = fit(Dataset(table, {.target = "y"}), tight);
  EXPECT_TRUE(model->training().converged);
  EXPECT_EQ(model->parts().coefficients[1], 0);
}

TEST(LogisticRegression, SaysThatAColumnWithATinySpreadCountsAsConstant) {
  std::vector<double> x(1000);
  std::vector<std::string> y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1e9 + (i % 2 == 0 ? 5e-6 : -5e-6);
    y[i] = i % 3 == 0 ? "a" : "b";
  }
  const auto table = std::make_shared<const Table>(
      std::vector<Column>{Column::float64("time", std::move(x)), Column::category_from("y", y)});
  const Log log;
  const auto model = fit(Dataset(table, {.target = "y"}));
  ASSERT_EQ(model->training().warnings.size(), 1u);
  EXPECT_THAT(model->training().warnings[0],
              testing::MatchesRegex("column \"time\" deviates from 1e\\+09 by [0-9.e-]+ only, which rounding may "
                                    "explain: it counts as constant; subtract 1e\\+09 from it to make use of it"));
  EXPECT_EQ(log.text(), "[logistic-regression] " + model->training().warnings[0] + "\n");
}

TEST(LogisticRegression, WorksWithOneRowPerClass) {
  const auto model = fit(letters({1, 2, 3}, "abc"));
  EXPECT_TRUE(model->training().converged);
  EXPECT_LT(model->parts().coefficients[0], model->parts().coefficients[2]);
}

TEST(LogisticRegression, WorksWithFewerRowsThanColumns) {
  const auto model = fit(Generated{.n_rows = 20, .n_columns = 50}.dataset(), tight);
  EXPECT_TRUE(model->training().converged);
}

TEST(LogisticRegression, SaysThatClassesAreSeparable) {
  const Log log;
  const auto model = fit(letters({1, 2, 3, 4}, "aabb"), {.C = infinity});
  EXPECT_FALSE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "separable");
  EXPECT_EQ(log.text(),
            "[logistic-regression] the classes are separable: without a penalty the coefficients grow without bound; "
            "choose a finite C\n");
}

TEST(LogisticRegression, SaysThatThreeClassesAreSeparable) {
  const auto model = fit(letters({-5, -5.1, 0, 0.1, 5, 5.1}, "aabbcc"), {.C = infinity, .max_iter = 500});
  EXPECT_FALSE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "separable");
}

TEST(LogisticRegression, SaysThatClassesAreSeparableWhereASearchEndsBeforeItPlacesAllRows) {
  std::vector<double> x(200);
  std::iota(x.begin(), x.end(), 1.0);
  const Dataset dataset = letters(x, std::string(199, 'a') + 'b');
  for (const char* solver : {"lbfgs", "newton-cg", "saga", "gradient-descent"}) {
    const auto model = fit(dataset, {.penalty = "none", .solver = solver, .tol = 1e-2});
    EXPECT_EQ(model->training().stopped_by, "separable") << solver;
  }
}

TEST(LogisticRegression, SaysThatClassesAreSeparableButForRowsOnTheBorder) {
  for (const double tol : {1e-2, 1e-4, 1e-8, 1e-11}) {
    for (const char* dtype : {"float64", "float32"}) {
      const auto model = fit(letters({1, 2, 3, 3, 4, 5}, "aaabbb"), {.penalty = "none", .tol = tol, .dtype = dtype});
      EXPECT_EQ(model->training().stopped_by, "separable") << tol << dtype;
      EXPECT_EQ(model->parts().no_inference, "the fit did not converge (separable)");
    }
  }
}

TEST(LogisticRegression, SaysThatOneOfSeveralClassesIsSeparableWhereverTheSearchEnds) {
  const std::vector<Dataset> separable = {letters({1, 2, 3, 3, 4, 5, 5, 6}, "aaabbbcc"),
                                          letters({1, 2, 5, 6, 7, 8, 9}, "aabcbcb")};
  const Dataset mixed = letters({1, 2, 3, 4, 5, 6, 2.5, 4.5, 7, 5.5}, "aabbcacbcb");
  const Dataset wide = Generated{.n_rows = 300, .n_classes = 3}.dataset();
  for (const double tol : {1e-1, 1e-2, 1e-4, 1e-8}) {
    for (const char* dtype : {"float64", "float32"}) {
      const O options{.penalty = "none", .tol = tol, .max_iter = 1000, .dtype = dtype};
      for (const Dataset& dataset : separable) {
        EXPECT_EQ(fit(dataset, options)->training().stopped_by, "separable") << tol << dtype;
      }
      EXPECT_TRUE(fit(mixed, options)->training().converged) << tol << dtype;
      EXPECT_TRUE(fit(wide, options)->training().converged) << tol << dtype;
    }
  }
}

TEST(LogisticRegression, DoesNotTakeDependentColumnsForSeparableClassesInSinglePrecision) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const Dataset dataset = Generated{.seed = seed, .n_rows = 300}.dataset();
    EXPECT_TRUE(fit(dataset, {.penalty = "none", .tol = 0.1, .dtype = "float32"})->training().converged) << seed;
  }
}

TEST(LogisticRegression, InfersFromAMinimumHoweverFarBeyondTheEndOfTheSearch) {
  std::vector<double> x;
  std::string y;
  for (int i = 0; i < 20'000; ++i) {
    x.push_back(i % 2);
    y += (i % 2 == 0 ? i % 4 == 0 : i == 1) ? 'b' : 'a';
  }
  for (const double tol : {1e-1, 1e-2, 1e-4, 1e-10}) {
    const auto model = fit(letters(x, y), {.penalty = "none", .tol = tol});
    EXPECT_TRUE(model->parts().inference.has_value()) << tol;
  }
}

TEST(LogisticRegression, SaysThatItDidNotConverge) {
  const Log log;
  const auto model = fit(Generated{}.dataset(), {.tol = 1e-9, .max_iter = 2});
  EXPECT_FALSE(model->training().converged);
  EXPECT_EQ(model->training().iterations, 2u);
  EXPECT_EQ(model->training().stopped_by, "max_iter");
  EXPECT_THAT(log.text(), HasSubstr("[logistic-regression] not converged after 2 iterations: largest gradient "
                                    "component "));
  EXPECT_THAT(log.text(), HasSubstr("tol 1e-09; raise max_iter or tol, or lower C\n"));
}

TEST(LogisticRegression, EndsWhenAskedTo) {
  LocalExecution local(2);
  std::stop_source source;
  Execution execution = local.get();
  execution.stop = source.get_token();
  source.request_stop();
  const auto fit = [&] { LogisticRegression().fit(Generated{}.dataset(), O{}, execution); };
  EXPECT_NE(refusal(fit, ErrorCode::cancelled), "no error");
}

struct Reports final : Progress {
  void report(const Report& report) override {
    EXPECT_EQ(report.stage, "fit");
    EXPECT_EQ(report.total, 100u);
    EXPECT_THAT(std::string(report.detail), HasSubstr("objective 0."));
    done.push_back(report.done);
  }
  std::vector<std::size_t> done;
};

TEST(LogisticRegression, ReportsEachIteration) {
  LocalExecution local(2);
  Reports reports;
  local.get().progress = &reports;
  const auto model = LogisticRegression().fit(Generated{}.dataset(), O{}, local);
  std::vector<std::size_t> expected(model->training().iterations);
  std::iota(expected.begin(), expected.end(), std::size_t{1});
  EXPECT_EQ(reports.done, expected);
}

TEST(Learners, AreFoundByName) {
  const Learner& learner = find_learner("logistic-regression");
  EXPECT_EQ(learner.name(), "logistic-regression");
  ASSERT_EQ(learner.tasks().size(), 1u);
  EXPECT_EQ(learner.task(learner.default_options(), Column::float64("y", {0.5, 0.25})), Task::classification);
  EXPECT_EQ(learner.row_access(), RowAccess::sums);
  EXPECT_EQ(learner.default_options().get("max_iter"), "100");
  EXPECT_EQ(refusal([] { find_learner("logistic-regresion"); }),
            "[train] expected the name of a learner, got \"logistic-regresion\"; nearest: \"logistic-regression\"");
}

}  // namespace
}  // namespace thrum
