#include "thrum/learn/linear/log_linear_regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/learn/linear/log_linear_regression_testing_internal.h"

namespace thrum {
namespace {

using O = LogLinearRegressionOptions;
using Numbers = std::vector<double>;

Dataset dataset_of(const Numbers& x, const Numbers& y, const Numbers& weights = {}) {
  std::vector<Column> columns = {Column::float64("x", x), Column::float64("y", y)};
  if (!weights.empty()) columns.push_back(Column::float64("weight", weights));
  return Dataset(std::make_shared<const Table>(std::move(columns), "means"),
                 {.target = "y", .task = Task::regression, .weight = weights.empty() ? "" : "weight"});
}

std::unique_ptr<LinearRegressionModel> fit(MeanFamily family, const Dataset& dataset, const O& options = {}) {
  return LogLinearRegression(family).fit(dataset, options, LocalExecution(2));
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "";
}

class EachFamily : public testing::TestWithParam<MeanFamily> {
 protected:
  std::string name() const { return std::string(LogLinearRegression(GetParam()).name()); }
};
INSTANTIATE_TEST_SUITE_P(Families, EachFamily, testing::Values(MeanFamily::poisson, MeanFamily::gamma));

TEST_P(EachFamily, FindsAnExponentialExactly) {
  const Dataset dataset = dataset_of({0, 1, 2, 3}, {3, 6, 12, 24});
  for (const char* solver : {"lbfgs", "newton-cholesky"}) {
    const auto model = fit(GetParam(), dataset, {.alpha = 0, .solver = solver, .tol = 1e-10, .standardize = false});
    EXPECT_TRUE(model->training().converged) << solver;
    EXPECT_NEAR(model->parts().coefficients[0], std::log(2), 1e-8) << solver;
    EXPECT_NEAR(model->parts().intercept, std::log(3), 1e-8) << solver;
    EXPECT_NEAR(model->training().objective, 0, 1e-12) << solver;
  }
}

TEST_P(EachFamily, PredictsTheMeanWhereThePenaltyIsEndless) {
  const Dataset dataset = dataset_of({0, 1, 2}, {1, 2, 6}, {1, 1, 2});
  const auto model = fit(GetParam(), dataset, {.alpha = 1e12, .tol = 1e-9});
  const Table rows({Column::float64("x", {-4, 0, 9})});
  for (const double prediction : predict(*model, rows, LocalExecution(1))) EXPECT_NEAR(prediction, 3.75, 1e-6);
}

TEST_P(EachFamily, CountsAWeightAsSoManyRows) {
  const O options{.alpha = 0.1, .tol = 1e-10};
  const auto weighted = fit(GetParam(), dataset_of({0, 1, 2, 4}, {1, 3, 2, 5}, {1, 2, 0, 3}), options);
  const auto repeated = fit(GetParam(), dataset_of({0, 1, 1, 4, 4, 4}, {1, 3, 3, 5, 5, 5}), options);
  EXPECT_NEAR(weighted->parts().coefficients[0], repeated->parts().coefficients[0], 1e-8);
  EXPECT_NEAR(weighted->parts().intercept, repeated->parts().intercept, 1e-8);
}

TEST_P(EachFamily, LooksOnlyAtTheTargetsOfRowsThatCount) {
  const Dataset dataset = dataset_of({0, 1, 2, 3}, {1, -2, 4, 8}, {1, 0, 1, 1});
  EXPECT_TRUE(fit(GetParam(), dataset)->training().converged);
}

TEST_P(EachFamily, LeavesFoldsOut) {
  const Dataset all = dataset_of({0, 1, 2, 3, 9}, {1, 3, 2, 5, 1});
  const Options options(O{.tol = 1e-10}, O::fields());
  const std::vector<std::uint8_t> mask = {1, 1, 1, 1, 0};
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto models = LogLinearRegression(GetParam()).fit_many(all, std::span(&spec, 1), LocalExecution(2));
  const auto& masked = dynamic_cast<const LinearRegressionModel&>(*models[0]).parts();
  const auto alone = fit(GetParam(), dataset_of({0, 1, 2, 3}, {1, 3, 2, 5}), {.tol = 1e-10});
  EXPECT_NEAR(masked.coefficients[0], alone->parts().coefficients[0], 1e-8);
  EXPECT_NEAR(masked.intercept, alone->parts().intercept, 1e-8);
}

TEST_P(EachFamily, TrainsManyAsItTrainsOne) {
  const testing_data::GeneratedMeans means{{.seed = 3, .n_rows = 500}, GetParam() == MeanFamily::poisson};
  const Dataset dataset = means.dataset();
  const Options weak(O{.alpha = 1e-3}, O::fields());
  const Options strong(O{.alpha = 10, .solver = "newton-cholesky"}, O::fields());
  std::vector<std::uint8_t> mask(dataset.n_rows(), 1);
  for (std::size_t i = 0; i < mask.size(); i += 3) mask[i] = 0;
  const std::vector<FitSpec> specs = {{.options = &weak}, {.options = &strong}, {.options = &weak, .row_mask = mask}};
  const LogLinearRegression learner(GetParam());
  const auto together = learner.fit_many(dataset, specs, LocalExecution(2));
  for (std::size_t k = 0; k < specs.size(); ++k) {
    const auto alone = learner.fit_many(dataset, std::span(&specs[k], 1), LocalExecution(1));
    EXPECT_EQ(serialize(*together[k]), serialize(*alone[0])) << k;
  }
}

TEST_P(EachFamily, ContinuesFromAModel) {
  const Dataset dataset = dataset_of({0, 1, 2, 3}, {1, 3, 2, 5});
  const Options options(O{.tol = 1e-8}, O::fields());
  const auto cold = LogLinearRegression(GetParam()).fit(dataset, options, LocalExecution(1));
  EXPECT_GT(cold->training().iterations, 0u);
  const FitSpec spec{.options = &options, .start = cold.get()};
  const auto warm = LogLinearRegression(GetParam()).fit_many(dataset, std::span(&spec, 1), LocalExecution(1));
  EXPECT_EQ(warm[0]->training().iterations, 0u);
}

TEST_P(EachFamily, AgreesWithItselfInSinglePrecision) {
  const testing_data::GeneratedMeans means{{.seed = 3, .n_rows = 2000}, GetParam() == MeanFamily::poisson};
  const Dataset dataset = means.dataset();
  const auto wide = fit(GetParam(), dataset, {.alpha = 0.01, .tol = 1e-6});
  const auto narrow = fit(GetParam(), dataset, {.alpha = 0.01, .tol = 1e-6, .dtype = "float32"});
  for (std::size_t j = 0; j < wide->parts().coefficients.size(); ++j) {
    EXPECT_NEAR(narrow->parts().coefficients[j], wide->parts().coefficients[j], 1e-4) << j;
  }
}

TEST_P(EachFamily, SurvivesTargetsOfAllSizes) {
  const Dataset dataset = dataset_of({-3, -2, -1, 0, 1, 2, 3}, {1e-9, 1e-6, 1e-3, 1, 1e3, 1e6, 1e9});
  const auto model = fit(GetParam(), dataset, {.alpha = 1e-6, .max_iter = 1000});
  EXPECT_TRUE(std::isfinite(model->training().objective));
  const Table rows({Column::float64("x", {1e300})});
  EXPECT_TRUE(std::isfinite(predict(*model, rows, LocalExecution(1))[0]));
}

TEST_P(EachFamily, IsReadBackAndShown) {
  const auto model = fit(GetParam(), dataset_of({0, 1, 2, 3}, {1, 3, 2, 5}));
  const auto again = deserialize(serialize(*model), "memory");
  EXPECT_EQ(serialize(*again), serialize(*model));
  EXPECT_EQ(again->algorithm(), name());
  EXPECT_THAT(again->description(), testing::HasSubstr("change of the logarithm of \"y\""));
  const Table rows({Column::float64("x", {1.5})});
  EXPECT_EQ(predict(*again, rows, LocalExecution(1)), predict(*model, rows, LocalExecution(1)));
}

TEST_P(EachFamily, RefusesNegativeTargets) {
  const std::string domain = GetParam() == MeanFamily::gamma ? "above 0" : "of 0 or more";
  EXPECT_EQ(refusal([&] { fit(GetParam(), dataset_of({0, 1, 2}, {1, 2, -0.5})); }),
            "[" + name() + "] expected targets " + domain +
                ", row 3 has -0.5; use linear-regression, or a target that cannot be negative");
}

TEST_P(EachFamily, RefusesClasses) {
  std::vector<Column> columns = {Column::float64("x", {0, 1}),
                                 Column::category_from("y", std::vector<std::string>{"a", "b"})};
  const Dataset dataset(std::make_shared<const Table>(std::move(columns)), {.target = "y"});
  EXPECT_EQ(refusal([&] { fit(GetParam(), dataset); }),
            "[" + name() + "] expected a target of numbers, \"y\" is one of classes");
}

TEST_P(EachFamily, RefusesAStartOfAnotherLearner) {
  const Dataset dataset = dataset_of({0, 1, 2, 3}, {1, 3, 2, 5});
  const MeanFamily other = GetParam() == MeanFamily::gamma ? MeanFamily::poisson : MeanFamily::gamma;
  const auto start = fit(other, dataset);
  const Options options(O{}, O::fields());
  const FitSpec spec{.options = &options, .start = start.get()};
  EXPECT_EQ(
      refusal([&] {
        static_cast<void>(LogLinearRegression(GetParam()).fit_many(dataset, std::span(&spec, 1), LocalExecution(1)));
      }),
      "[" + name() + "] expected a start model of the same learner, got " +
          std::string(LogLinearRegression(other).name()));
}

TEST(PoissonRegression, TakesRowsOfZero) {
  EXPECT_TRUE(fit(MeanFamily::poisson, dataset_of({0, 1, 2}, {0, 0, 3}))->training().converged);
}

TEST(PoissonRegression, RefusesTargetsThatAreAllZero) {
  EXPECT_EQ(refusal([] { fit(MeanFamily::poisson, dataset_of({0, 1, 2}, {0, 0, 0})); }),
            "[poisson-regression] expected a target above 0 in one row at least, all of \"y\" are 0");
}

TEST(GammaRegression, RefusesTargetsOfZero) {
  EXPECT_EQ(refusal([] { fit(MeanFamily::gamma, dataset_of({0, 1, 2}, {1, 0, 3})); }),
            "[gamma-regression] expected targets above 0, row 2 has 0; use poisson-regression, or leave the rows of 0 "
            "out");
}

TEST(LogLinearRegression, RefusesOptionsOutOfRange) {
  const Dataset dataset = dataset_of({0, 1, 2}, {1, 2, 3});
  EXPECT_EQ(refusal([&] { fit(MeanFamily::poisson, dataset, {.alpha = -1}); }),
            "[alpha] expected a number in [0, inf), got \"-1\"");
  EXPECT_EQ(refusal([&] { fit(MeanFamily::poisson, dataset, {.solver = "newton"}); }),
            "[solver] expected one of: auto, lbfgs, newton-cholesky, got \"newton\"");
}

}  // namespace
}  // namespace thrum
