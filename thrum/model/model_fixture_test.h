#pragma once

#include <string>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/model/linear/linear_regression_model.h"
#include "thrum/model/linear/logistic_regression_model.h"

namespace thrum::model_test {

/// Features age (number), hours (number, missing values at 40), work (a, b and, from training, missing) and sky
/// (categories only); target income.
inline Schema schema_of(std::vector<std::string> classes) {
  return {.features = {{"age"},
                       {"hours"},
                       {"work", FeatureType::category, {"a", "b"}},
                       {"sky", FeatureType::category, {"blue", "grey", "\u00fc"}}},
          .target = {"income", Task::classification, std::move(classes)}};
}

inline LogisticRegressionModel model_of(Schema schema, std::vector<double> coefficients,
                                        std::vector<double> intercepts) {
  Encoder encoder(schema, {{.mean = 30, .scale = 10, .fill = 30}, {.fill = 40}, {.missing_column = true}, {}});
  return LogisticRegressionModel({.schema = std::move(schema),
                                  .encoder = std::move(encoder),
                                  .coefficients = std::move(coefficients),
                                  .intercepts = std::move(intercepts),
                                  .kkt = 1e-9,
                                  .training = {.n_rows = 100,
                                               .iterations = 7,
                                               .converged = true,
                                               .objective = 0.25,
                                               .stopped_by = "gradient",
                                               .options_json = R"({"C":1.0,"max_iter":100})"}});
}

/// Columns of the coefficients: age, hours, work=a, work=b, work=(missing), sky=blue, sky=grey, sky=ü.
inline LogisticRegressionModel two_class_model() {
  return model_of(schema_of({"<=50K", ">50K"}), {0.5, 0.01, 1, -1, 0.25, 2, 0, -2}, {-0.75});
}

inline LogisticRegressionModel three_class_model() {
  return model_of(schema_of({"1", "2", "10"}), {0.5, 0.01, 1, -1, 0.25, 2, 0, -2,  //
                                                0,   0.02, 0, 0,  0,    1, 1, 1,   //
                                                -1,  0,    0, 1,  -0.5, 0, 0, 0.5},
                  {-0.75, 0, 0.5});
}

/// The coefficients of two_class_model, for the number "price".
inline LinearRegressionModel regression_model() {
  LogisticRegressionModel::Parts parts = two_class_model().parts();
  parts.schema.target = {"price", Task::regression, {}};
  return LinearRegressionModel({.algorithm = LinearRegressionModel::ridge,
                                .schema = parts.schema,
                                .encoder = parts.encoder,
                                .coefficients = parts.coefficients,
                                .intercept = parts.intercepts[0],
                                .kkt = 1e-9,
                                .training = parts.training});
}

}  // namespace thrum::model_test
