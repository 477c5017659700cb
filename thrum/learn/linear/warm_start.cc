#include "thrum/learn/linear/warm_start_internal.h"

#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/model/linear/linear_regression_model.h"
#include "thrum/model/linear/logistic_regression_model.h"

namespace thrum {
namespace {

void check_schema(const Model& start, const Schema& schema, std::string_view where) {
  if (start.schema().to_json() == schema.to_json()) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("[{}] expected a start model with the features and classes of the data, got another schema", where),
      "start from a model that was trained on the same columns");
}

/// W, then b, for the columns of the model's own encoder.
struct Parameters {
  std::vector<double> values;
  const Encoder& encoder;
};

Parameters parameters_of(const Model& start, std::string_view where) {
  const bool same_learner = start.algorithm() == where;
  if (const auto* model = dynamic_cast<const LogisticRegressionModel*>(&start); same_learner && model != nullptr) {
    const LogisticRegressionModel::Parts& parts = model->parts();
    Parameters parameters{parts.coefficients, parts.encoder};
    parameters.values.insert(parameters.values.end(), parts.intercepts.begin(), parts.intercepts.end());
    return parameters;
  }
  if (const auto* model = dynamic_cast<const LinearRegressionModel*>(&start); same_learner && model != nullptr) {
    Parameters parameters{model->parts().coefficients, model->parts().encoder};
    parameters.values.push_back(model->parts().intercept);
    return parameters;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] expected a start model of the same learner, got {}", where, start.algorithm()));
}

}  // namespace

std::vector<double> parameters_from(const Model& start, const Schema& schema, const Encoder& encoder,
                                    std::string_view where) {
  const Parameters parameters = parameters_of(start, where);
  check_schema(start, schema, where);
  return recode_parameters(parameters.values, parameters.encoder, encoder);
}

}  // namespace thrum
