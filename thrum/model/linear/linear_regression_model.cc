#include "thrum/model/linear/linear_regression_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/json_object_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/linear/encoder_tensors_internal.h"
#include "thrum/model/linear/inference_internal.h"
#include "thrum/model/linear/kkt_tensor_internal.h"
#include "thrum/model/linear/linear_predictor_internal.h"

namespace thrum {
namespace {

bool is_standardized(const Encoder& encoder) {
  return std::ranges::any_of(encoder.encodings(), [](const Encoder::FeatureEncoding& encoding) {
    return encoding.scale != 1 || encoding.mean != 0;
  });
}

}  // namespace

LinearRegressionModel::LinearRegressionModel(Parts parts) : parts_(std::move(parts)) {
  THRUM_ASSERT(parts_.coefficients.size() == parts_.encoder.n_outputs());
}

std::unique_ptr<Model> LinearRegressionModel::read(const ModelFile& file, Schema schema, TrainingRecord training) {
  if (schema.target.task != Task::regression) file.fail("is a linear regression of a classification target");
  const std::string_view algorithm = *std::ranges::find(names, file.metadata("algorithm"));
  Encoder encoder = read_encoder(file, schema);
  const auto coefficients = file.tensor<double>("coefficients", std::vector{encoder.n_outputs()});
  const std::vector<std::size_t> one = {1};
  std::optional<double> gap;
  if (file.tensors().contains("duality_gap")) gap = file.tensor<double>("duality_gap", one)[0];
  return std::make_unique<LinearRegressionModel>(Parts{.algorithm = algorithm,
                                                       .schema = std::move(schema),
                                                       .encoder = std::move(encoder),
                                                       .coefficients = {coefficients.begin(), coefficients.end()},
                                                       .intercept = file.tensor<double>("intercept", one)[0],
                                                       .kkt = read_kkt(file),
                                                       .duality_gap = gap,
                                                       .inference = read_inference(file, coefficients.size()),
                                                       .no_inference = read_missing_inference(file),
                                                       .training = std::move(training)});
}

void LinearRegressionModel::write(ModelFileBuilder& file) const {
  file.add_tensor<double>("coefficients", {parts_.coefficients.size()}, parts_.coefficients);
  file.add_tensor<double>("intercept", {1}, std::span(&parts_.intercept, 1));
  write_kkt(file, parts_.kkt);
  if (parts_.duality_gap) file.add_tensor<double>("duality_gap", {1}, std::span(&*parts_.duality_gap, 1));
  write_encoder(file, parts_.encoder);
  write_inference(file, parts_.inference, parts_.no_inference);
}

bool LinearRegressionModel::has_log_link() const noexcept {
  return parts_.algorithm == poisson_regression || parts_.algorithm == gamma_regression;
}

std::vector<std::byte> LinearRegressionModel::compile() const {
  return compile_linear_model(has_log_link() ? LinearEngine::log_regression : LinearEngine::regression, parts_.schema,
                              parts_.encoder, parts_.coefficients, {&parts_.intercept, 1});
}

std::string LinearRegressionModel::description() const {
  const auto columns = parts_.encoder.output_names(parts_.schema);
  const char* units = is_standardized(parts_.encoder) ? " (numbers per standard deviation)" : "";
  const char* change = has_log_link() ? "change of the logarithm of" : "change of";
  if (parts_.inference) {
    return fmt::format("{} {}{}:\n", change, in_quotes(parts_.schema.target.name), units) +
           inference_text(*parts_.inference, columns, parts_.coefficients, parts_.intercept);
  }
  std::string text = fmt::format("{} {}, strongest first{}:\n", change, in_quotes(parts_.schema.target.name), units);
  text += fmt::format("  {:>12.6f}  (intercept)\n", parts_.intercept);
  text += coefficient_lines(columns, parts_.coefficients);
  if (parts_.duality_gap) {
    const auto n_zero = static_cast<std::size_t>(std::ranges::count(parts_.coefficients, 0.0));
    text += fmt::format("{} of {} coefficients are not zero; duality gap {:.3g}\n", parts_.coefficients.size() - n_zero,
                        parts_.coefficients.size(), *parts_.duality_gap);
  }
  if (!parts_.no_inference.empty()) text += fmt::format("no standard errors: {}\n", parts_.no_inference);
  return text;
}

std::string LinearRegressionModel::description_json() const {
  const auto names_of_columns = parts_.encoder.output_names(parts_.schema);
  Json object = Json::object();
  if (!std::isnan(parts_.kkt)) object["kkt"] = json_number(parts_.kkt);
  object["encoding"] = encoding_json(parts_.schema, parts_.encoder);
  object["intercept"] = parts_.intercept;
  object["coefficients"] = json_object(names_of_columns, [&](std::size_t j) { return parts_.coefficients[j]; });
  if (parts_.duality_gap) object["duality_gap"] = json_number(*parts_.duality_gap);
  if (parts_.inference) {
    object["inference"] = inference_json(*parts_.inference, names_of_columns, parts_.coefficients, parts_.intercept);
  }
  if (!parts_.no_inference.empty()) object["no_inference"] = parts_.no_inference;
  return object.dump();
}

}  // namespace thrum
