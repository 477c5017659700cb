#pragma once

#include <memory>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/model/prepared_model.h"

namespace thrum::model_test {

/// A number, missing in every fifth row, a category and two classes.
inline Table raw_table(std::size_t n_rows) {
  std::vector<double> x(n_rows);
  std::vector<std::string> c(n_rows), y(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    x[i] = i % 5 == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i % 17);
    c[i] = i % 3 == 0 ? "a" : "b";
    y[i] = i % 2 == 0 ? "no" : "yes";
  }
  return Table({Column::float64("x", x), Column::category_from("c", c), Column::category_from("y", y)}, "t.csv");
}

inline Dataset raw_dataset(std::size_t n_rows) {
  return Dataset(std::make_shared<const Table>(raw_table(n_rows)), {.target = "y"});
}

/// A logistic regression of made-up coefficients behind a fitted pipeline.
inline PreparedModel prepared_model(const Dataset& raw,
                                    std::string_view steps = "impute(add_indicator=true); one-hot; standard-scaler") {
  const LocalExecution execution(1);
  Pipeline pipeline = Pipeline::fit(raw, {}, parse_steps(steps), execution);
  const Schema inner{.features = pipeline.outputs(), .target = raw.schema().target};
  const std::size_t n = inner.features.size();
  Encoder encoder(inner, std::vector<Encoder::FeatureEncoding>(n));
  std::vector<double> coefficients(n);
  for (std::size_t j = 0; j < n; ++j) coefficients[j] = 0.5 - static_cast<double>(j);
  auto model = std::make_unique<LogisticRegressionModel>(LogisticRegressionModel::Parts{.schema = inner,
                                                                                        .encoder = std::move(encoder),
                                                                                        .coefficients = coefficients,
                                                                                        .intercepts = {0.25},
                                                                                        .kkt = 0,
                                                                                        .training = {.n_rows = 300}});
  Schema schema{.features = pipeline.inputs(), .target = raw.schema().target};
  return PreparedModel(std::move(schema), std::move(pipeline), std::move(model));
}

}  // namespace thrum::model_test
