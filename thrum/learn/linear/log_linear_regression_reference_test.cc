#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/log_linear_regression_testing_internal.h"
#include "thrum/metrics/evaluation.h"

namespace thrum {
namespace {

/// Optima of scikit-learn, written by tests/reference/log_linear_regression_reference.py.
const Json& cases() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/log_linear_regression.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "log_linear_regression.json");
  }();
  return json["cases"];
}

class ScikitLearnMeans : public testing::TestWithParam<std::size_t> {
 protected:
  const Json& json() const { return cases()[GetParam()]; }
  bool counts() const { return json()["learner"] == "poisson-regression"; }

  testing_data::GeneratedMeans rows() const {
    return {.rows = {.seed = json()["seed"].get<std::uint64_t>(),
                     .n_rows = json()["rows"].get<std::size_t>(),
                     .n_columns = json()["columns"].get<std::size_t>()},
            .counts = counts()};
  }

  std::unique_ptr<Model> fit(const Dataset& dataset, const char* solver, const char* tol) const {
    const Learner& learner = find_learner(json()["learner"].get<std::string>());
    Options options = learner.default_options();
    options.set("tol", tol);
    options.set("max_iter", "1000");
    options.set("solver", solver);
    options.set("standardize", json()["standardize"].get<bool>() ? "true" : "false");
    for (const auto& [name, value] : json()["options"].items()) options.set(name, value.get<std::string>());
    return learner.fit(dataset, options, LocalExecution(2));
  }

  void expect_optimum(const Model& model, double tolerance) const {
    const auto& parts = dynamic_cast<const LinearRegressionModel&>(model).parts();
    EXPECT_TRUE(model.training().converged);
    EXPECT_NEAR(model.training().objective / json()["objective"].get<double>(), 1, tolerance);
    EXPECT_NEAR(parts.intercept, json()["intercept"].get<double>(), tolerance);
    const auto coefficients = json()["coefficients"].get<std::vector<double>>();
    ASSERT_EQ(parts.coefficients.size(), coefficients.size());
    for (std::size_t j = 0; j < coefficients.size(); ++j) {
      EXPECT_NEAR(parts.coefficients[j], coefficients[j], tolerance) << "coefficient " << j;
    }
  }
};

TEST_P(ScikitLearnMeans, HaveTheSameOptimumForEachSolver) {
  const Dataset dataset = rows().dataset();
  for (const char* solver : {"lbfgs", "newton-cholesky"}) {
    SCOPED_TRACE(solver);
    expect_optimum(*fit(dataset, solver, "1e-10"), 1e-6);
  }
}

TEST_P(ScikitLearnMeans, HaveTheSameD2) {
  const Dataset dataset = rows().dataset();
  const auto model = fit(dataset, "auto", "1e-10");
  const std::vector<double> predicted = predict(*model, *rows().table(), LocalExecution(1));
  const auto kind = counts() ? metrics::Deviance::poisson : metrics::Deviance::gamma;
  const auto scores = metrics::deviance_metrics(kind, dataset.y(), predicted, dataset.weights());
  EXPECT_EQ(scores[1].name, "d2");
  EXPECT_NEAR(scores[1].value, json()["d2"].get<double>(), 1e-6);
}

constexpr std::size_t n_cases = 8;

INSTANTIATE_TEST_SUITE_P(Generated, ScikitLearnMeans, testing::Range(std::size_t{0}, n_cases),
                         [](const auto& test) { return cases()[test.param]["name"].template get<std::string>(); });

TEST(ScikitLearnMeansFile, HoldsTheCasesThatRun) {
  EXPECT_EQ(cases().size(), n_cases);
}

}  // namespace
}  // namespace thrum
