#include "thrum/model/linear/logistic_regression_model.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/json_object_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/direct_image_internal.h"
#include "thrum/model/linear/encoder_tensors_internal.h"
#include "thrum/model/linear/inference_internal.h"
#include "thrum/model/linear/kkt_tensor_internal.h"
#include "thrum/model/linear/linear_predictor_internal.h"

namespace thrum {
namespace {

std::size_t coefficient_rows(const Schema& schema) {
  return schema.target.classes.size() == 2 ? 1 : schema.target.classes.size();
}

/// Files of the first builds say nothing of it.
std::string read_solver(const ModelFile& file) {
  return file.has_metadata("solver") ? file.metadata("solver") : "";
}

LinearEngine engine_of(std::string_view algorithm, std::size_t n_rows) {
  const bool one_by_one = algorithm == LogisticRegressionModel::sgd_classifier && n_rows > 1;
  return one_by_one ? LinearEngine::one_vs_rest : LinearEngine::classifier;
}

/// What predicts, where it lies in the file.
struct Weights {
  Encoder encoder;
  std::span<const double> coefficients;
  std::span<const double> intercepts;
};

Weights read_weights(const ModelFile& file, const Schema& schema) {
  if (schema.target.task != Task::classification) file.fail("is a logistic regression of a regression target");
  const std::size_t n_rows = coefficient_rows(schema);
  Encoder encoder = read_encoder(file, schema);
  const auto coefficients = file.tensor<double>("coefficients", std::vector{n_rows, encoder.n_outputs()});
  return {std::move(encoder), coefficients, file.tensor<double>("intercepts", std::vector{n_rows})};
}

}  // namespace

LogisticRegressionModel::LogisticRegressionModel(Parts parts) : parts_(std::move(parts)) {
  THRUM_ASSERT(parts_.intercepts.size() == coefficient_rows(parts_.schema));
  THRUM_ASSERT(parts_.coefficients.size() == parts_.intercepts.size() * parts_.encoder.n_outputs());
}

std::unique_ptr<Model> LogisticRegressionModel::read(const ModelFile& file, Schema schema, TrainingRecord training) {
  auto [encoder, coefficients, intercepts] = read_weights(file, schema);
  const bool is_one_row = intercepts.size() == 1;
  return std::make_unique<LogisticRegressionModel>(
      Parts{.algorithm = file.metadata("algorithm") == sgd_classifier ? sgd_classifier : name,
            .schema = std::move(schema),
            .encoder = std::move(encoder),
            .coefficients = {coefficients.begin(), coefficients.end()},
            .intercepts = {intercepts.begin(), intercepts.end()},
            .kkt = read_kkt(file),
            .solver = read_solver(file),
            .inference = is_one_row ? read_inference(file, coefficients.size()) : std::nullopt,
            .no_inference = read_missing_inference(file),
            .training = std::move(training)});
}

void LogisticRegressionModel::write(ModelFileBuilder& file) const {
  if (!parts_.solver.empty()) file.add_metadata("solver", parts_.solver);
  const std::size_t n_rows = n_coefficient_rows();
  file.add_tensor<double>("coefficients", {n_rows, parts_.encoder.n_outputs()}, parts_.coefficients);
  file.add_tensor<double>("intercepts", {n_rows}, parts_.intercepts);
  write_kkt(file, parts_.kkt);
  write_encoder(file, parts_.encoder);
  write_inference(file, parts_.inference, parts_.no_inference);
}

std::vector<std::byte> LogisticRegressionModel::compile() const {
  return compile_linear_model(engine_of(parts_.algorithm, n_coefficient_rows()), parts_.schema, parts_.encoder,
                              parts_.coefficients, parts_.intercepts);
}

bool build_logistic_regression(const ModelFile& file, const Schema& schema, UseImage use) {
  const Weights weights = read_weights(file, schema);
  build_linear_model(engine_of(file.metadata("algorithm"), weights.intercepts.size()), schema, weights.encoder,
                     weights.coefficients, weights.intercepts, use);
  return true;
}

std::string LogisticRegressionModel::description() const {
  const auto names = parts_.encoder.output_names(parts_.schema);
  const auto& classes = parts_.schema.target.classes;
  std::string text;
  if (parts_.inference) {
    text = fmt::format("log-odds of {}:\n", in_quotes(classes[1]));
    text += inference_text(*parts_.inference, names, parts_.coefficients, parts_.intercepts[0]);
  }
  for (std::size_t r = 0; r < n_coefficient_rows() && !parts_.inference; ++r) {
    text += fmt::format("log-odds of {}, strongest first (numbers per standard deviation):\n",
                        in_quotes(n_coefficient_rows() == 1 ? classes[1] : classes[r]));
    text += fmt::format("  {:>12.6f}  (intercept)\n", parts_.intercepts[r]);
    text += coefficient_lines(names, std::span(parts_.coefficients).subspan(r * names.size(), names.size()));
  }
  if (!parts_.solver.empty())
    text += fmt::format("solver: {}; largest violation of optimality {:.3g}\n", parts_.solver, parts_.kkt);
  if (!parts_.no_inference.empty()) text += fmt::format("no standard errors: {}\n", parts_.no_inference);
  return text;
}

std::string LogisticRegressionModel::description_json() const {
  const auto names = parts_.encoder.output_names(parts_.schema);
  Json rows = Json::array();
  for (std::size_t r = 0; r < n_coefficient_rows(); ++r) {
    const auto coefficient = [&](std::size_t j) { return parts_.coefficients[r * names.size() + j]; };
    rows.push_back({{"class", parts_.schema.target.classes[n_coefficient_rows() == 1 ? 1 : r]},
                    {"intercept", parts_.intercepts[r]},
                    {"coefficients", json_object(names, coefficient)}});
  }
  Json object = Json::object();
  if (!std::isnan(parts_.kkt)) object["kkt"] = json_number(parts_.kkt);
  object["encoding"] = encoding_json(parts_.schema, parts_.encoder);
  object["rows"] = std::move(rows);
  if (!parts_.solver.empty()) object["solver"] = parts_.solver;
  if (parts_.inference) {
    object["inference"] = inference_json(*parts_.inference, names, parts_.coefficients, parts_.intercepts[0]);
  }
  if (!parts_.no_inference.empty()) object["no_inference"] = parts_.no_inference;
  return object.dump();
}

}  // namespace thrum
