#include "thrum/learn/linear/warm_start_internal.h"

#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/learn/linear/encoded_fits_internal.h"

namespace thrum {
namespace {

const LogisticRegressionModel::Parts& parts_of(const Model& start, const Schema& schema, std::string_view where) {
  const auto* model = dynamic_cast<const LogisticRegressionModel*>(&start);
  if (model == nullptr) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected a start model of the same learner, got {}", where, start.algorithm()));
  }
  if (model->schema().to_json() != schema.to_json()) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("[{}] expected a start model with the features and classes of the data, got another schema", where),
        "start from a model that was trained on the same columns");
  }
  return model->parts();
}

}  // namespace

std::vector<double> parameters_from(const Model& start, const Schema& schema, const Encoder& encoder,
                                    std::string_view where) {
  const LogisticRegressionModel::Parts& parts = parts_of(start, schema, where);
  std::vector<double> parameters = parts.coefficients;
  parameters.insert(parameters.end(), parts.intercepts.begin(), parts.intercepts.end());
  return recode_parameters(parameters, parts.encoder, encoder);
}

}  // namespace thrum
