#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum {
namespace {

using testing_data::Generated;

/// Optima of scikit-learn, written by tests/reference/logistic_regression_reference.py.
const Json& reference() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/logistic_regression.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "logistic_regression.json");
  }();
  return json;
}

double number(const Json& json, const char* key) {
  return json[key].is_string() ? std::stod(json[key].get<std::string>()) : json[key].get<double>();
}

std::string class_weight(const Json& json) {
  const auto text = json["class_weight"].get<std::string>();
  return text == "given" ? "k0=0.5,k1=2" + std::string(json["classes"] == 3 ? ",k2=3" : "") : text;
}

/// Of the first rows, for which they are kept.
void expect_probabilities(const LogisticRegressionModel& model, const Table& table, const Json& json) {
  const auto expected = json["probabilities"].get<std::vector<double>>();
  const std::vector<double> probabilities = predict(model, table, LocalExecution(1));
  ASSERT_EQ(expected.size(), 20 * model.schema().target.classes.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(probabilities[i], expected[i], 1e-6) << i;
}

void expect_optimum(const LogisticRegressionModel& model, const Table& table, const Json& json) {
  expect_probabilities(model, table, json);
  EXPECT_TRUE(model.training().converged);
  EXPECT_NEAR(model.training().objective / number(json, "objective"), 1, 1e-12);
  const LogisticRegressionModel::Parts& parts = model.parts();
  // Without a penalty the columns of a category feature add up to the constant one: many solutions, one objective.
  if (json.contains("C") && std::isinf(number(json, "C"))) return;
  const auto coefficients = json["coefficients"].get<std::vector<double>>();
  ASSERT_EQ(parts.coefficients.size(), coefficients.size());
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    EXPECT_NEAR(parts.coefficients[i], coefficients[i], 1e-5 * std::max(1.0, std::abs(coefficients[i])))
        << "coefficient " << i;
  }
  const auto intercepts = json["intercepts"].get<std::vector<double>>();
  ASSERT_EQ(parts.intercepts.size(), intercepts.size());
  for (std::size_t k = 0; k < intercepts.size(); ++k) EXPECT_NEAR(parts.intercepts[k], intercepts[k], 1e-5);
}

class ScikitLearn : public testing::TestWithParam<std::size_t> {
 protected:
  const Json& json() const { return reference()["generated"][GetParam()]; }
};

TEST_P(ScikitLearn, HasTheSameOptimum) {
  const Generated rows{.seed = json()["seed"].get<std::uint64_t>(),
                       .n_rows = json()["rows"].get<std::size_t>(),
                       .n_columns = json()["columns"].get<std::size_t>(),
                       .n_classes = json()["classes"].get<std::size_t>()};
  const LogisticRegressionOptions options{.C = number(json(), "C"),
                                          .l1_ratio = json()["l1_ratio"].get<double>(),
                                          .tol = 1e-10,
                                          .max_iter = 2000,
                                          .fit_intercept = json()["fit_intercept"].get<bool>(),
                                          .class_weight = class_weight(json()),
                                          .standardize = json()["standardize"].get<bool>()};
  expect_optimum(*LogisticRegression().fit(rows.dataset(), options, LocalExecution(2)), *rows.table(), json());
}

constexpr std::size_t n_generated = 15;

INSTANTIATE_TEST_SUITE_P(Generated, ScikitLearn, testing::Range(std::size_t{0}, n_generated), [](const auto& test) {
  return reference()["generated"][test.param]["name"].template get<std::string>();
});

TEST(ScikitLearnFile, HoldsTheCasesThatRun) {
  EXPECT_EQ(reference()["generated"].size(), n_generated);
}

/// The pixels are letters from "0" to "g", for 0 to 16.
std::shared_ptr<const Table> digits() {
  const Json& json = reference()["digits"];
  const auto pixels = json["pixels"].get<std::string>();
  const auto labels = json["labels"].get<std::string>();
  std::vector<Column> columns;
  for (std::size_t j = 0; j < 64; ++j) {
    std::vector<double> values;
    for (std::size_t i = j; i < pixels.size(); i += 64) {
      const char letter = pixels[i];
      values.push_back((letter <= '9' ? letter - '0' : letter - 'a' + 10) / 16.0);
    }
    columns.push_back(Column::float64("pixel" + std::to_string(j), std::move(values)));
  }
  std::vector<std::int64_t> y;
  for (const char label : labels) y.push_back(label - '0');
  columns.push_back(Column::int64("digit", std::move(y)));
  return std::make_shared<const Table>(std::move(columns), "digits");
}

TEST(ScikitLearnDigits, HasTheSameOptimumForTenClasses) {
  const LogisticRegressionOptions options{.C = 0.1, .tol = 1e-10, .max_iter = 2000, .standardize = false};
  const auto table = digits();
  const Dataset dataset(table, {.target = "digit"});
  expect_optimum(*LogisticRegression().fit(dataset, options, LocalExecution(2)), *table, reference()["digits"]);
}

}  // namespace
}  // namespace thrum
