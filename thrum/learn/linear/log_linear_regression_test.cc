#include "thrum/learn/linear/log_linear_regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/log_linear_regression_testing_internal.h"
#include "thrum/learn/linear/logistic_regression_fixture_test.h"

namespace thrum {
namespace {

using O = LogLinearRegressionOptions;
using Numbers = std::vector<double>;
using test::refusal;

Dataset dataset_of(const Numbers& x, const Numbers& y, const Numbers& weights = {}) {
  std::vector<Column> columns = {Column::float64("x", x), Column::float64("y", y)};
  if (!weights.empty()) columns.push_back(Column::float64("weight", weights));
  return Dataset(std::make_shared<const Table>(std::move(columns), "means"),
                 {.target = "y", .task = Task::regression, .weight = weights.empty() ? "" : "weight"});
}

std::unique_ptr<LinearRegressionModel> fit(MeanFamily family, const Dataset& dataset, const O& options = {}) {
  return LogLinearRegression(family).fit(dataset, options, LocalExecution(2));
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
  const O exact{.solver = "newton-cholesky", .tol = 1e-15};
  const Options options(exact, O::fields());
  const std::vector<std::uint8_t> mask = {1, 1, 1, 1, 0};
  const FitSpec spec{.options = &options, .row_mask = mask};
  const auto models = LogLinearRegression(GetParam()).fit_many(all, std::span(&spec, 1), LocalExecution(2));
  const auto& masked = dynamic_cast<const LinearRegressionModel&>(*models[0]).parts();
  const auto alone = fit(GetParam(), dataset_of({0, 1, 2, 3}, {1, 3, 2, 5}), exact);
  EXPECT_NEAR(masked.coefficients[0], alone->parts().coefficients[0], 1e-12);
  EXPECT_NEAR(masked.intercept, alone->parts().intercept, 1e-12);
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

TEST_P(EachFamily, GoesOnFromRoundedRowsToTheOptimumOfTheRowsThemselves) {
  const testing_data::GeneratedMeans means{{.seed = 3, .n_rows = 2000}, GetParam() == MeanFamily::poisson};
  const auto rows = fit(GetParam(), means.dataset(), {.alpha = 0.01, .tol = 1e-9});
  const auto rounded = fit(GetParam(), means.dataset(), {.alpha = 0.01, .tol = 1e-9, .dtype = "bfloat16"});
  for (std::size_t j = 0; j < rows->parts().coefficients.size(); ++j) {
    EXPECT_NEAR(rounded->parts().coefficients[j], rows->parts().coefficients[j], 1e-7) << j;
  }
}

TEST_P(EachFamily, InfersFromTheRowsThemselvesWhereRoundedOnesWereSearched) {
  const Dataset dataset = dataset_of({0.1, 1.3, 2.2, 3.7, 4.9}, {1, 3, 2, 5, 4});
  const auto rows = fit(GetParam(), dataset, {.alpha = 0, .tol = 1e-9});
  const auto rounded = fit(GetParam(), dataset, {.alpha = 0, .tol = 1e-9, .dtype = "bfloat16"});
  ASSERT_TRUE(rows->parts().inference);
  ASSERT_TRUE(rounded->parts().inference);
  EXPECT_NEAR(rounded->parts().inference->standard_errors[0], rows->parts().inference->standard_errors[0], 1e-7);
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

/// Of a fit without a penalty, y = exp(b + w x): X^T W X of x and 1 is inverted by hand.
struct ByHand {
  double error_of_x = 0;
  double error_of_intercept = 0;
  double log_likelihood = 0;
};

ByHand by_hand(MeanFamily family, const Numbers& x, const Numbers& y, double w, double b) {
  const double n = static_cast<double>(x.size());
  double pearson = 0;
  for (std::size_t i = 0; i < x.size(); ++i) pearson += std::pow(y[i] / std::exp(b + w * x[i]) - 1, 2);
  const bool is_gamma = family == MeanFamily::gamma;
  const double dispersion = is_gamma ? pearson / (n - 2) : 1;
  const double shape = 1 / dispersion;
  double s = 0, sx = 0, sxx = 0, log_likelihood = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double mean = std::exp(b + w * x[i]);
    const double weight = is_gamma ? 1 : mean;
    s += weight;
    sx += weight * x[i];
    sxx += weight * x[i] * x[i];
    log_likelihood +=
        is_gamma ? shape * std::log(shape * y[i] / mean) - shape * y[i] / mean - std::lgamma(shape) - std::log(y[i])
                 : y[i] * std::log(mean) - mean - std::lgamma(y[i] + 1);
  }
  const double determinant = s * sxx - sx * sx;
  return {std::sqrt(dispersion * s / determinant), std::sqrt(dispersion * sxx / determinant), log_likelihood};
}

TEST_P(EachFamily, KnowsTheErrorsOfItsCoefficients) {
  const Numbers x = {-1, 0, 1, 2, 3, 5, 8}, y = {1, 3, 2, 5, 9, 8, 30};
  for (const bool standardize : {true, false}) {
    const auto model = fit(GetParam(), dataset_of(x, y), {.alpha = 0, .tol = 1e-12, .standardize = standardize});
    const LinearRegressionModel::Parts& parts = model->parts();
    const double scale = parts.encoder.encodings()[0].scale, mean = parts.encoder.encodings()[0].mean;
    Numbers encoded;
    for (const double value : x) encoded.push_back((value - mean) / scale);
    const ByHand expected = by_hand(GetParam(), encoded, y, parts.coefficients[0], parts.intercept);
    ASSERT_TRUE(parts.inference.has_value()) << parts.no_inference;
    const Inference& inference = *parts.inference;
    EXPECT_NEAR(inference.standard_errors[0], expected.error_of_x, 1e-8);
    EXPECT_NEAR(inference.standard_errors[1], expected.error_of_intercept, 1e-8);
    EXPECT_NEAR(inference.log_likelihood, expected.log_likelihood, 1e-8);
    EXPECT_NEAR(inference.aic(), 4 - 2 * expected.log_likelihood, 1e-8);
    EXPECT_NEAR(inference.bic(), 2 * std::log(7) - 2 * expected.log_likelihood, 1e-8);
    EXPECT_EQ(inference.degrees_of_freedom,
              GetParam() == MeanFamily::gamma ? 5 : std::numeric_limits<double>::infinity());
    EXPECT_THAT(model->description(), testing::HasSubstr("std. error"));
  }
}

TEST_P(EachFamily, SaysWhyCoefficientsHaveNoErrors) {
  const auto reason = [&](const Numbers& x, const Numbers& y, const O& options) {
    const auto model = fit(GetParam(), dataset_of(x, y), options);
    EXPECT_FALSE(model->parts().inference.has_value());
    return model->parts().no_inference;
  };
  EXPECT_EQ(reason({0, 1, 2, 3}, {1, 3, 2, 5}, {}), "a penalty biases the coefficients; use alpha=0");
  EXPECT_EQ(reason({0, 1, 2, 3}, {1, 3, 2, 5}, {.alpha = 0, .max_iter = 1}), "the fit did not converge (max_iter)");
  EXPECT_EQ(reason({0, 1}, {1, 3}, {.alpha = 0}), "there are not more rows than coefficients");
  EXPECT_EQ(reason({4, 4, 4, 4}, {1, 3, 2, 5}, {.alpha = 0}),
            "columns depend on each other (those of a category add up to one); leave one of them out");
}

TEST_P(EachFamily, NamesTheLargestOfTargetsWhoseSumIsBeyondNumbers) {
  EXPECT_EQ(refusal([&] { fit(GetParam(), dataset_of({0, 1, 2, 3}, {1, 1.5e308, 1.6e308, 2})); }),
            "[" + name() +
                "] expected targets whose sum a number can hold, those of \"y\" add up to more; the largest, "
                "1.6e+308, is in row 3; divide the target, or correct the row");
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

TEST(PoissonRegression, SaysThatRowsOfZeroAreSeparable) {
  for (const char* solver : {"lbfgs", "newton-cholesky"}) {
    const logistic_test::Log log;
    const auto model =
        fit(MeanFamily::poisson, dataset_of({0, 0, 0, 1, 1, 1}, {0, 0, 0, 1, 2, 3}), {.alpha = 0, .solver = solver});
    EXPECT_FALSE(model->training().converged);
    EXPECT_EQ(model->training().stopped_by, "separable");
    EXPECT_EQ(model->parts().no_inference, "the fit did not converge (separable)");
    EXPECT_EQ(log.text(),
              "[poisson-regression] rows of 0 are separable from the others: without a penalty the coefficients grow "
              "without bound; choose alpha above 0\n");
  }
  EXPECT_EQ(fit(MeanFamily::poisson, dataset_of({0, 1}, {0, 1}), {.alpha = 0})->training().stopped_by, "separable");
  EXPECT_TRUE(fit(MeanFamily::poisson, dataset_of({0, 0, 0, 1, 1, 1}, {0, 0, 1, 1, 2, 3}), {.alpha = 0})
                  ->parts()
                  .inference.has_value());
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
