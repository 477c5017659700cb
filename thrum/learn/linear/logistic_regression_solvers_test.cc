#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_regression_fixture_test.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum {
namespace {

using namespace logistic_test;
using testing_data::Generated;

TEST(LogisticRegression, ReportsTheKktResidualItReached) {
  const auto model = fit(Generated{}.dataset(), {.tol = 1e-10, .max_iter = 500});
  EXPECT_TRUE(model->training().converged);
  EXPECT_LE(model->parts().kkt, 1e-10);
  EXPECT_EQ(model->training().stopped_by, "the gradient is within tol");
}

TEST(LogisticRegression, FindsTheSameOptimumByEverySolver) {
  for (const std::size_t n_classes : {2, 4}) {
    const Dataset dataset = Generated{.n_rows = 600, .n_columns = 3, .n_classes = n_classes}.dataset();
    const auto expected = fit(dataset, {.C = 0.1, .solver = "lbfgs", .tol = 1e-10, .max_iter = 1000});
    for (const char* solver : {"newton-cholesky", "newton-cg", "newton-cd", "saga", "gradient-descent"}) {
      const auto model = fit(dataset, {.C = 0.1, .solver = solver, .tol = 1e-8, .max_iter = 20'000});
      EXPECT_TRUE(model->training().converged) << solver;
      EXPECT_NEAR(model->training().objective, expected->training().objective, 1e-12) << solver;
      expect_near(model->parts(), expected->parts(), 1e-4);
      EXPECT_EQ(model->parts().solver, solver);
    }
  }
}

TEST(LogisticRegression, FindsTheSameOptimumByEverySolverWithoutAPenalty) {
  const Dataset dataset = letters({1, 2, 3, 4, 5, 6, 2.5, 4.5}, "aabbabab");
  const auto expected = fit(dataset, {.penalty = "none", .solver = "lbfgs", .tol = 1e-10});
  for (const char* solver : {"newton-cholesky", "newton-cg", "newton-cd", "saga", "gradient-descent"}) {
    const auto model = fit(dataset, {.penalty = "none", .solver = solver, .tol = 1e-10, .max_iter = 100'000});
    EXPECT_TRUE(model->training().converged) << solver;
    expect_near(model->parts(), expected->parts(), 1e-7);
  }
  EXPECT_EQ(fit(dataset, {.C = infinity, .tol = 1e-10})->parts().coefficients, expected->parts().coefficients);
}

TEST(LogisticRegression, MeetsTheConditionsOfOptimalityWithAnL1Penalty) {
  for (const std::size_t n_classes : {2, 3}) {
    const Dataset dataset = Generated{.n_rows = 500, .n_columns = 8, .n_classes = n_classes}.dataset();
    for (const double l1_ratio : {1.0, 0.5}) {
      for (const bool standardize : {true, false}) {
        const auto model = fit(dataset, {.C = 0.05, .l1_ratio = l1_ratio, .tol = 1e-9, .standardize = standardize});
        EXPECT_TRUE(model->training().converged);
        EXPECT_LE(model->parts().kkt, 1e-9);
        EXPECT_EQ(model->training().stopped_by, "the conditions of optimality are within tol");
        EXPECT_GT(std::ranges::count(model->parts().coefficients, 0.0), 0);
        EXPECT_EQ(model->parts().solver, "newton-cd (auto: the penalty has an L1 part)");
      }
    }
  }
}

TEST(LogisticRegression, FindsTheSameOptimumOfAnL1PenaltyBySaga) {
  for (const double l1_ratio : {1.0, 0.5}) {
    const Dataset dataset = Generated{.n_rows = 500, .n_columns = 8, .n_classes = 3}.dataset();
    const auto expected = fit(dataset, {.C = 0.05, .l1_ratio = l1_ratio, .solver = "newton-cd", .tol = 1e-9});
    const auto model =
        fit(dataset, {.C = 0.05, .l1_ratio = l1_ratio, .solver = "saga", .tol = 1e-8, .max_iter = 20'000});
    EXPECT_TRUE(model->training().converged);
    EXPECT_LE(model->parts().kkt, 1e-8);
    EXPECT_NEAR(model->training().objective, expected->training().objective, 1e-12);
    expect_near(model->parts(), expected->parts(), 1e-4);
    EXPECT_EQ(std::ranges::count(model->parts().coefficients, 0.0),
              std::ranges::count(expected->parts().coefficients, 0.0));
  }
}

TEST(LogisticRegression, MakesAllCoefficientsZeroUnderAStrongL1Penalty) {
  const auto model = fit(Generated{}.dataset(), {.penalty = "l1", .C = 1e-4, .tol = 1e-9});
  EXPECT_EQ(std::ranges::count(model->parts().coefficients, 0.0),
            static_cast<std::ptrdiff_t>(model->parts().coefficients.size()));
  EXPECT_NE(model->parts().intercepts[0], 0);
}

TEST(LogisticRegression, TakesBothWaysOfSayingAPenalty) {
  const Dataset dataset = Generated{}.dataset();
  const auto fitted = [&](const std::string& penalty, double l1_ratio) {
    return fit(dataset, {.penalty = penalty, .C = 0.1, .l1_ratio = l1_ratio})->parts().coefficients;
  };
  EXPECT_EQ(fitted("l1", 0), fitted("auto", 1));
  EXPECT_EQ(fitted("elasticnet", 0.3), fitted("auto", 0.3));
  EXPECT_EQ(fitted("l2", 0), fitted("auto", 0));
  EXPECT_NE(fitted("l1", 0), fitted("l2", 0));
}

TEST(LogisticRegression, SaysThatClassesAreSeparableByNewtonsMethodToo) {
  const auto model = fit(letters({1, 2, 3, 4}, "aabb"), {.penalty = "none", .solver = "newton-cholesky"});
  EXPECT_FALSE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "separable");
}

TEST(LogisticRegression, StartsAnL1FitFromAModel) {
  const Dataset dataset = Generated{}.dataset();
  const O options{.penalty = "l1", .C = 0.1, .tol = 1e-8};
  const auto cold = fit(dataset, options);
  EXPECT_EQ(fit(dataset, options, {.start = cold.get()})->training().iterations, 0u);
}

TEST(LogisticRegression, ReachesInSinglePrecisionNearlyTheSameOptimum) {
  for (const std::size_t n_classes : {2, 5}) {
    const Dataset dataset = Generated{.n_rows = 5000, .n_classes = n_classes}.dataset();
    const auto f64 = fit(dataset, {.tol = 1e-5, .max_iter = 500});
    const auto f32 = fit(dataset, {.tol = 1e-5, .max_iter = 500, .dtype = "float32"});
    EXPECT_TRUE(f32->training().converged);
    EXPECT_NEAR(f32->training().objective / f64->training().objective, 1, 1e-6);
    expect_near(f32->parts(), f64->parts(), 1e-3);
  }
}

TEST(LogisticRegression, GoesOnFromRoundedRowsToTheOptimumOfTheRowsThemselves) {
  for (const O& options : {O{.tol = 1e-9, .max_iter = 500}, O{.l1_ratio = 0.5, .tol = 1e-9},
                           O{.solver = "newton-cholesky", .tol = 1e-9}, O{.solver = "newton-cg", .tol = 1e-9}}) {
    const Dataset dataset = Generated{.n_rows = 5000}.dataset();
    O narrow = options;
    narrow.dtype = "bfloat16";
    const auto bfloat16 = fit(dataset, narrow);
    EXPECT_TRUE(bfloat16->training().converged);
    EXPECT_LE(bfloat16->parts().kkt, 1e-9);
    expect_near(bfloat16->parts(), fit(dataset, options)->parts(), 1e-6);
  }
}

TEST(LogisticRegression, ReportsTheObjectiveOfTheRowsThemselvesWhereRoundedOnesWereSearched) {
  const Dataset dataset = Generated{.n_rows = 5000}.dataset();
  const auto rough = fit(dataset, {.dtype = "bfloat16"});
  EXPECT_NE(rough->parts().coefficients, fit(dataset, {.dtype = "float32"})->parts().coefficients);
  const auto exact = fit(dataset, O{.tol = 1}, {.start = rough.get()});
  EXPECT_NEAR(rough->training().objective, parts(exact).training.objective, 1e-14);
  EXPECT_NEAR(rough->parts().kkt, parts(exact).kkt, 1e-14);
}

TEST(LogisticRegression, TakesNoMoreIterationsThanMaxIterWithRoundedRows) {
  for (const char* solver : {"lbfgs", "newton-cholesky", "newton-cg"}) {
    const auto model =
        fit(Generated{.n_rows = 3000}.dataset(), {.solver = solver, .tol = 1e-9, .max_iter = 1, .dtype = "bfloat16"});
    EXPECT_EQ(model->training().iterations, 1u) << solver;
    EXPECT_EQ(model->training().stopped_by, "max_iter") << solver;
  }
}

TEST(LogisticRegression, EndsWhereSinglePrecisionEnds) {
  const auto model = fit(Generated{.n_rows = 5000}.dataset(), {.tol = 1e-15, .max_iter = 500, .dtype = "float32"});
  EXPECT_TRUE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "the objective no longer decreases in this arithmetic");
  EXPECT_LT(model->parts().kkt, 1e-4);
}

TEST(LogisticRegression, StaysWhereItStartsEvenIfASampleLiesElsewhere) {
  const Dataset dataset = Generated{.n_rows = 33 * row_block, .n_columns = 2}.dataset();
  const auto cold = fit(dataset, {.tol = 1e-6});
  EXPECT_EQ(fit(dataset, {.tol = 1e-6}, {.start = cold.get()})->training().iterations, 0u);
}

TEST(LogisticRegression, FindsTheMinimumWhereTheSampledRowsAreMaskedOut) {
  const Generated generated{.n_rows = 33 * row_block, .n_columns = 2};
  std::vector<std::uint8_t> mask(generated.n_rows, 0);
  std::vector<std::size_t> kept(row_block);
  std::iota(kept.begin(), kept.end(), row_block);  // block 1, while every second from block 0 is sampled
  for (const std::size_t i : kept) mask[i] = 1;
  const auto masked = fit(generated.dataset(), tight, {.row_mask = mask});
  const auto removed = fit(take(*generated.table(), kept, "weight"), tight);
  expect_near(parts(masked), removed->parts(), 1e-7);
}

TEST(LogisticRegression, FindsTheMinimumOfColumnsOfVeryDifferentScale) {
  std::vector<double> small;
  std::vector<double> large;
  std::vector<std::string> y;
  const Random random(9);
  for (std::size_t i = 0; i < 300; ++i) {
    small.push_back(1e-4 * random.normal(i));
    large.push_back(1e5 * random.normal(1000 + i));
    y.emplace_back(1e4 * small[i] + 1e-5 * large[i] + random.normal(2000 + i) > 0 ? "b" : "a");
  }
  const auto table = std::make_shared<const Table>(std::vector<Column>{
      Column::float64("small", small), Column::float64("large", large), Column::category_from("y", y)});
  const auto model = fit(Dataset(table, {.target = "y"}), {.C = 1e12, .tol = 1e-6, .standardize = false});
  EXPECT_TRUE(model->training().converged);
  EXPECT_LT(model->training().iterations, 20u);
}

}  // namespace
}  // namespace thrum
