#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/linear_regression_testing_internal.h"

namespace thrum {
namespace {

using testing_data::GeneratedNumbers;

/// Optima of scikit-learn, written by tests/reference/linear_regression_reference.py.
const Json& cases() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/linear_regression.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "linear_regression.json");
  }();
  return json["cases"];
}

class ScikitLearnRegression : public testing::TestWithParam<std::size_t> {
 protected:
  const Json& json() const { return cases()[GetParam()]; }

  std::unique_ptr<Model> fit() const {
    const Learner& learner = find_learner(json()["learner"].get<std::string>());
    Options options = learner.default_options();
    options.set("tol", "1e-13");
    options.set("max_iter", "1000000");
    options.set("standardize", json()["standardize"].get<bool>() ? "true" : "false");
    for (const auto& [name, value] : json()["options"].items()) options.set(name, value.get<std::string>());
    const GeneratedNumbers numbers{{.seed = json()["seed"].get<std::uint64_t>(),
                                    .n_rows = json()["rows"].get<std::size_t>(),
                                    .n_columns = json()["columns"].get<std::size_t>()}};
    return learner.fit(numbers.dataset(), options, LocalExecution(2));
  }
};

TEST_P(ScikitLearnRegression, HasTheSameOptimum) {
  const auto model = fit();
  const auto& parts = dynamic_cast<const LinearRegressionModel&>(*model).parts();
  EXPECT_TRUE(model->training().converged);
  EXPECT_NEAR(model->training().objective / json()["objective"].get<double>(), 1, 1e-10);
  const auto coefficients = json()["coefficients"].get<std::vector<double>>();
  ASSERT_EQ(parts.coefficients.size(), coefficients.size());
  // The columns of a category may move against the intercept at no cost, so that their sums are compared.
  const std::size_t n_numbers = json()["columns"].get<std::size_t>();
  const double intercept = json()["intercept"].get<double>();
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    const bool is_number = j < n_numbers;
    EXPECT_NEAR(parts.coefficients[j] + (is_number ? 0 : parts.intercept),
                coefficients[j] + (is_number ? 0 : intercept), 1e-5 * std::max(1.0, std::abs(coefficients[j])))
        << "coefficient " << j;
  }
}

constexpr std::size_t n_cases = 13;

INSTANTIATE_TEST_SUITE_P(Generated, ScikitLearnRegression, testing::Range(std::size_t{0}, n_cases),
                         [](const auto& test) { return cases()[test.param]["name"].template get<std::string>(); });

TEST(ScikitLearnRegressionFile, HoldsTheCasesThatRun) {
  EXPECT_EQ(cases().size(), n_cases);
}

}  // namespace
}  // namespace thrum
