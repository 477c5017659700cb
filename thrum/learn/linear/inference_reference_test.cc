#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/linear_regression_testing_internal.h"
#include "thrum/learn/linear/logistic_regression.h"

namespace thrum {
namespace {

/// Statistics of statsmodels, written by tests/reference/inference_reference.py.
const Json& cases() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/inference.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "inference.json");
  }();
  return json["cases"];
}

class Statsmodels : public testing::TestWithParam<std::size_t> {
 protected:
  const Json& json() const { return cases()[GetParam()]; }
  bool is_logistic() const { return json()["learner"] == "logistic-regression"; }

  /// The numbers without what is missing, and the target.
  Dataset dataset() const {
    const testing_data::GeneratedNumbers drawn{{.seed = json()["seed"].get<std::uint64_t>(),
                                                .n_rows = json()["rows"].get<std::size_t>(),
                                                .n_columns = json()["columns"].get<std::size_t>()}};
    std::vector<Column> columns;
    for (std::size_t j = 0; j < drawn.rows.n_columns; ++j) {
      std::vector<double> values;
      for (std::size_t i = 0; i < drawn.rows.n_rows; ++i) values.push_back(drawn.rows.number(i, j));
      columns.push_back(Column::float64("x" + std::to_string(j), std::move(values)));
    }
    std::vector<double> y;
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < drawn.rows.n_rows; ++i) {
      y.push_back(drawn.value(i));
      labels.push_back(static_cast<std::int64_t>(drawn.rows.label(i)));
    }
    columns.push_back(is_logistic() ? Column::int64("y", std::move(labels)) : Column::float64("y", std::move(y)));
    return Dataset(std::make_shared<const Table>(std::move(columns)),
                   {.target = "y", .task = is_logistic() ? Task::classification : Task::regression});
  }

  /// Coefficients, then the intercept where there is one.
  struct Fitted {
    std::vector<double> estimates;
    Inference inference;
  };
  Fitted fit() const {
    const bool fit_intercept = json()["fit_intercept"].get<bool>();
    const bool standardize = json()["standardize"].get<bool>();
    const LocalExecution execution(2);
    Fitted fitted;
    double intercept = 0;
    if (is_logistic()) {
      const auto model = LogisticRegression().fit(dataset(),
                                                  {.penalty = "none",
                                                   .tol = 1e-11,
                                                   .max_iter = 500,
                                                   .fit_intercept = fit_intercept,
                                                   .standardize = standardize},
                                                  execution);
      fitted = {model->parts().coefficients, model->parts().inference.value()};
      intercept = model->parts().intercepts[0];
    } else {
      const auto model =
          LinearRegression().fit(dataset(), {.fit_intercept = fit_intercept, .standardize = standardize}, execution);
      fitted = {model->parts().coefficients, model->parts().inference.value()};
      intercept = model->parts().intercept;
    }
    if (fit_intercept) fitted.estimates.push_back(intercept);
    return fitted;
  }
};

void expect_close(double got, const Json& expected, const std::string& what) {
  const double wanted = expected.get<double>();
  EXPECT_NEAR(got, wanted, 1e-6 * std::max(std::abs(wanted), 1e-3)) << what;
}

TEST_P(Statsmodels, FindsTheSame) {
  const Fitted fitted = fit();
  const Inference& inference = fitted.inference;
  ASSERT_EQ(fitted.estimates.size(), json()["estimates"].size());
  for (std::size_t j = 0; j < fitted.estimates.size(); ++j) {
    const double estimate = fitted.estimates[j];
    const double error = inference.standard_errors[j];
    const auto [low, high] = inference.interval(estimate, error);
    const std::string parameter = " of parameter " + std::to_string(j);
    expect_close(estimate, json()["estimates"][j], "estimate" + parameter);
    expect_close(error, json()["standard_errors"][j], "standard error" + parameter);
    expect_close(inference.p_value(estimate, error), json()["p_values"][j], "p" + parameter);
    expect_close(low, json()["lows"][j], "low" + parameter);
    expect_close(high, json()["highs"][j], "high" + parameter);
  }
  expect_close(inference.log_likelihood, json()["log_likelihood"], "log-likelihood");
  expect_close(inference.aic(), json()["aic"], "AIC");
  expect_close(inference.bic(), json()["bic"], "BIC");
}

constexpr std::size_t n_cases = 6;

INSTANTIATE_TEST_SUITE_P(Cases, Statsmodels, testing::Range(std::size_t{0}, n_cases),
                         [](const auto& test) { return cases()[test.param]["name"].template get<std::string>(); });

TEST(StatsmodelsFile, HoldsTheCasesThatRun) {
  EXPECT_EQ(cases().size(), n_cases);
}

}  // namespace
}  // namespace thrum
