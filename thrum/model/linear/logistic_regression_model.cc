#include "thrum/model/linear/logistic_regression_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/json_internal.h"
#include "thrum/model/linear/linear_predictor_internal.h"

namespace thrum {
namespace {

std::size_t coefficient_rows(const Schema& schema) {
  return schema.target.classes.size() == 2 ? 1 : schema.target.classes.size();
}

Encoder read_encoder(const ModelFile& file, const Schema& schema) {
  const std::size_t n = schema.features.size();
  const auto means = file.tensor<double>("encoder.mean", std::vector{n});
  const auto scales = file.tensor<double>("encoder.scale", std::vector{n});
  const auto fills = file.tensor<double>("encoder.fill", std::vector{n});
  const auto missing = file.tensor<std::uint8_t>("encoder.missing_column", std::vector{n});
  std::vector<Encoder::FeatureEncoding> encodings(n);
  for (std::size_t j = 0; j < n; ++j) {
    const bool is_number = schema.features[j].type == FeatureType::number;
    if (!(scales[j] > 0) || missing[j] > (is_number ? 0 : 1)) {
      file.fail(fmt::format("encodes the feature \"{}\" wrongly", schema.features[j].name));
    }
    encodings[j] = {.mean = means[j], .scale = scales[j], .fill = fills[j], .missing_column = missing[j] != 0};
  }
  return Encoder(schema, std::move(encodings));
}

/// How each feature enters: a number as (x - mean) / scale.
Json encoding_json(const LogisticRegressionModel::Parts& parts) {
  Json features = Json::object();
  for (std::size_t j = 0; j < parts.schema.features.size(); ++j) {
    const Encoder::FeatureEncoding& encoding = parts.encoder.encodings()[j];
    features[parts.schema.features[j].name] =
        parts.encoder.n_categories(j) == 0
            ? Json{{"mean", encoding.mean}, {"scale", encoding.scale}, {"fill", encoding.fill}}
            : Json{{"missing_column", encoding.missing_column}};
  }
  return features;
}

}  // namespace

LogisticRegressionModel::LogisticRegressionModel(Parts parts) : parts_(std::move(parts)) {
  THRUM_ASSERT(parts_.intercepts.size() == coefficient_rows(parts_.schema));
  THRUM_ASSERT(parts_.coefficients.size() == parts_.intercepts.size() * parts_.encoder.n_outputs());
}

std::unique_ptr<Model> LogisticRegressionModel::read(const ModelFile& file, Schema schema, TrainingRecord training) {
  if (schema.target.task != Task::classification) file.fail("is a logistic regression of a regression target");
  const std::size_t n_rows = coefficient_rows(schema);
  Encoder encoder = read_encoder(file, schema);
  const auto coefficients = file.tensor<double>("coefficients", std::vector{n_rows, encoder.n_outputs()});
  const auto intercepts = file.tensor<double>("intercepts", std::vector{n_rows});
  const auto kkt = file.tensor<double>("kkt", std::vector<std::size_t>{1});
  return std::make_unique<LogisticRegressionModel>(Parts{.schema = std::move(schema),
                                                         .encoder = std::move(encoder),
                                                         .coefficients = {coefficients.begin(), coefficients.end()},
                                                         .intercepts = {intercepts.begin(), intercepts.end()},
                                                         .kkt = kkt[0],
                                                         .training = std::move(training)});
}

void LogisticRegressionModel::write(ModelFileBuilder& file) const {
  const auto encodings = parts_.encoder.encodings();
  const std::size_t n = encodings.size();
  std::vector<double> means(n), scales(n), fills(n);
  std::vector<std::uint8_t> missing(n);
  for (std::size_t j = 0; j < n; ++j) {
    means[j] = encodings[j].mean;
    scales[j] = encodings[j].scale;
    fills[j] = encodings[j].fill;
    missing[j] = encodings[j].missing_column ? 1 : 0;
  }
  const std::size_t n_rows = n_coefficient_rows();
  file.add_tensor<double>("coefficients", {n_rows, parts_.encoder.n_outputs()}, parts_.coefficients);
  file.add_tensor<double>("intercepts", {n_rows}, parts_.intercepts);
  file.add_tensor<double>("kkt", {1}, std::span(&parts_.kkt, 1));
  file.add_tensor<double>("encoder.mean", {n}, means);
  file.add_tensor<double>("encoder.scale", {n}, scales);
  file.add_tensor<double>("encoder.fill", {n}, fills);
  file.add_tensor<std::uint8_t>("encoder.missing_column", {n}, missing);
}

std::vector<std::byte> LogisticRegressionModel::compile() const {
  return compile_linear_classifier(parts_.schema, parts_.encoder, parts_.coefficients, parts_.intercepts);
}

std::string LogisticRegressionModel::description() const {
  const auto names = parts_.encoder.output_names(parts_.schema);
  const auto& classes = parts_.schema.target.classes;
  std::string text;
  for (std::size_t r = 0; r < n_coefficient_rows(); ++r) {
    const double* w = parts_.coefficients.data() + r * names.size();
    std::vector<std::size_t> order(names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t j) { return std::pair(-std::abs(w[j]), j); });
    text += fmt::format("log-odds of \"{}\", strongest first (numbers per standard deviation):\n",
                        n_coefficient_rows() == 1 ? classes[1] : classes[r]);
    text += fmt::format("  {:>12.6f}  (intercept)\n", parts_.intercepts[r]);
    for (const std::size_t j : order) text += fmt::format("  {:>12.6f}  {}\n", w[j], names[j]);
  }
  return text;
}

std::string LogisticRegressionModel::description_json() const {
  const auto names = parts_.encoder.output_names(parts_.schema);
  Json rows = Json::array();
  for (std::size_t r = 0; r < n_coefficient_rows(); ++r) {
    Json coefficients = Json::object();
    for (std::size_t j = 0; j < names.size(); ++j) coefficients[names[j]] = parts_.coefficients[r * names.size() + j];
    rows.push_back({{"class", parts_.schema.target.classes[n_coefficient_rows() == 1 ? 1 : r]},
                    {"intercept", parts_.intercepts[r]},
                    {"coefficients", std::move(coefficients)}});
  }
  return Json{{"kkt", json_number(parts_.kkt)}, {"encoding", encoding_json(parts_)}, {"rows", std::move(rows)}}.dump();
}

}  // namespace thrum
