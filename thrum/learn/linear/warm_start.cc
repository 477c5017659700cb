#include "thrum/learn/linear/warm_start_internal.h"

#include <fmt/format.h>

#include "thrum/core/error.h"

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

/// Moves one row of coefficients to another encoder's columns; what the offsets differ by is added to `intercept`.
class Recoder {
 public:
  Recoder(const Encoder& from, const Encoder& to) : from_(from), to_(to) {}

  double recode(std::span<const double> old, std::span<double> coefficients) const {
    double shift = 0;
    for (std::size_t j = 0; j < from_.n_features(); ++j) {
      const double* in = old.data() + from_.first_output(j);
      double* out = coefficients.data() + to_.first_output(j);
      shift += from_.n_categories(j) == 0 ? recode_number(j, in, out) : recode_category(j, in, out);
    }
    return shift;
  }

 private:
  double recode_number(std::size_t j, const double* in, double* out) const {
    const Encoder::FeatureEncoding& from = from_.encodings()[j];
    const Encoder::FeatureEncoding& to = to_.encodings()[j];
    const double slope = in[0] / from.scale;
    out[0] = slope * to.scale;
    return slope * (to.mean - from.mean);
  }

  double recode_category(std::size_t j, const double* in, double* out) const {
    const bool both_missing = from_.encodings()[j].missing_column && to_.encodings()[j].missing_column;
    const std::size_t n = from_.n_categories(j) + (both_missing ? 1 : 0);
    for (std::size_t c = 0; c < n; ++c) out[c] = in[c];
    return 0;
  }

  const Encoder& from_;
  const Encoder& to_;
};

}  // namespace

std::vector<double> parameters_from(const Model& start, const Schema& schema, const Encoder& encoder,
                                    std::string_view where) {
  const LogisticRegressionModel::Parts& parts = parts_of(start, schema, where);
  const std::size_t n_outputs = parts.intercepts.size();
  const std::size_t n_columns = encoder.n_outputs();
  const std::size_t n_old = parts.encoder.n_outputs();
  std::vector<double> parameters(n_outputs * (n_columns + 1), 0.0);
  const Recoder recoder(parts.encoder, encoder);
  for (std::size_t k = 0; k < n_outputs; ++k) {
    const std::span<double> row = std::span(parameters).subspan(k * n_columns, n_columns);
    const double shift = recoder.recode(std::span(parts.coefficients).subspan(k * n_old, n_old), row);
    parameters[n_outputs * n_columns + k] = parts.intercepts[k] + shift;
  }
  return parameters;
}

}  // namespace thrum
