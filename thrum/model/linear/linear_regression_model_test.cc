#include "thrum/model/linear/linear_regression_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/model/model_fixture_test.h"
#include "thrum/model/predictor.h"

namespace thrum {
namespace {

using model_test::regression_model;
using testing::HasSubstr;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

/// row: age, hours, work, sky.
double prediction(const Model& model, const std::vector<double>& row) {
  const auto image = model.compile();
  const auto predictor = open_predictor(image);
  EXPECT_EQ(predictor->n_outputs(), 1u);
  double value = -7;
  predictor->predict({row.data(), 1, row.size()}, {&value, 1, 1});
  return value;
}

TEST(LinearRegressionModel, AddsUpTheFeatures) {
  // -0.75 + 0.5 (50 - 30) / 10 + 0.01 * 35 + 1 (work=a) + 0 (sky=grey)
  EXPECT_NEAR(prediction(regression_model(), {50, 35, 0, 1}), 1.6, 1e-15);
}

TEST(LinearRegressionModel, ReadsMissingAndUnknownValuesAsInTraining) {
  EXPECT_NEAR(prediction(regression_model(), {nan, nan, nan, nan}), -0.75 + 0.4 + 0.25, 1e-15);
  EXPECT_NEAR(prediction(regression_model(), {30, 0, 2, 3}), -0.75, 1e-15);
}

TEST(LinearRegressionModel, PredictsAFiniteNumberWhateverTheRowHolds) {
  EXPECT_TRUE(std::isfinite(prediction(regression_model(), {inf, -inf, inf, nan})));
}

TEST(LinearRegressionModel, SaysWhatEachFeatureAdds) {
  const auto image = regression_model().compile();
  const auto predictor = open_predictor(image);
  ASSERT_EQ(predictor->n_margins(), 1u);
  const std::vector<double> row = {50, 35, 0, 1};
  std::vector<double> parts(5);
  predictor->explain({row.data(), 1, 4}, {parts.data(), 1, 5});
  EXPECT_NEAR(parts[0] + parts[1] + parts[2] + parts[3] + parts[4], 1.6, 1e-14);
  EXPECT_NEAR(parts[0], 1, 1e-15);
}

TEST(LinearRegressionModel, ComesBackFromItsFile) {
  LinearRegressionModel::Parts parts = regression_model().parts();
  for (const std::string_view name : LinearRegressionModel::names) {
    parts.algorithm = name;
    const LinearRegressionModel model(parts);
    const auto bytes = serialize(model);
    const auto read = deserialize(bytes, "a.thrum");
    EXPECT_EQ(serialize(*read), bytes);
    EXPECT_EQ(read->algorithm(), name);
    EXPECT_EQ(read->description(), model.description());
    EXPECT_EQ(read->description_json(), model.description_json());
    parts.duality_gap = 1e-6;
  }
}

TEST(LinearRegressionModel, DescribesItself) {
  LinearRegressionModel::Parts parts = regression_model().parts();
  EXPECT_EQ(regression_model().description(),
            "change of \"price\", strongest first (numbers per standard deviation):\n"
            "     -0.750000  (intercept)\n"
            "      2.000000  sky=blue\n"
            "     -2.000000  sky=\u00fc\n"
            "      1.000000  work=a\n"
            "     -1.000000  work=b\n"
            "      0.500000  age\n"
            "      0.250000  work=(missing)\n"
            "      0.010000  hours\n"
            "      0.000000  sky=grey\n");
  parts.duality_gap = 0.001;
  EXPECT_THAT(LinearRegressionModel(parts).description(),
              HasSubstr("7 of 8 coefficients are not zero; duality gap 0.001\n"));
}

TEST(LinearRegressionModel, ShowsWhatTheDataSayAboutItsCoefficients) {
  LinearRegressionModel::Parts parts = regression_model().parts();
  parts.inference = Inference{.standard_errors = {0.25, 1, 1, 1, 1, 1, 1, 1, 0.5},
                              .log_likelihood = -10,
                              .n_rows = 100,
                              .n_parameters = 9,
                              .degrees_of_freedom = 91};
  const LinearRegressionModel model(parts);
  EXPECT_THAT(model.description(),
              HasSubstr("     estimate    std. error         t         p                95 % interval\n"));
  EXPECT_THAT(model.description(),
              HasSubstr("     0.500000      0.250000      2.00     0.048      0.003406 ..    0.996594  age\n"));
  EXPECT_THAT(model.description(), HasSubstr("log-likelihood -10, AIC 38, BIC 61.4465, 91 degrees of freedom\n"));
  const auto bytes = serialize(model);
  const auto read = deserialize(bytes, "a.thrum");
  EXPECT_EQ(read->description_json(), model.description_json());
  EXPECT_EQ(serialize(*read), bytes);
  parts.inference->standard_errors[3] = -1;
  EXPECT_EQ(
      test::refusal([&] { deserialize(serialize(LinearRegressionModel(parts)), "a.thrum"); }, ErrorCode::corrupt_data),
      "[a.thrum] holds statistics that cannot be");
}

TEST(LinearRegressionModel, SaysWhyThereAreNoStandardErrors) {
  LinearRegressionModel::Parts parts = regression_model().parts();
  parts.no_inference = "the fit is exact";
  const LinearRegressionModel model(parts);
  EXPECT_THAT(model.description(), HasSubstr("no standard errors: the fit is exact\n"));
  EXPECT_EQ(deserialize(serialize(model), "a.thrum")->description(), model.description());
}

TEST(LinearRegressionModel, IsRefusedForAClassificationTarget) {
  LinearRegressionModel::Parts parts = regression_model().parts();
  parts.schema = model_test::schema_of({"no", "yes"});
  const auto bytes = serialize(LinearRegressionModel(parts));
  EXPECT_EQ(test::refusal([&] { deserialize(bytes, "a.thrum"); }, ErrorCode::corrupt_data),
            "[a.thrum] is a linear regression of a classification target");
}

}  // namespace
}  // namespace thrum
