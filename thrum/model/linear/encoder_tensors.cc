#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "thrum/core/json_object_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/linear/encoder_tensors_internal.h"

namespace thrum {

void write_encoder(ModelFileBuilder& file, const Encoder& encoder) {
  const auto encodings = encoder.encodings();
  const std::size_t n = encodings.size();
  std::vector<double> means(n), scales(n), fills(n);
  std::vector<std::uint8_t> missing(n);
  for (std::size_t j = 0; j < n; ++j) {
    means[j] = encodings[j].mean;
    scales[j] = encodings[j].scale;
    fills[j] = encodings[j].fill;
    missing[j] = encodings[j].missing_column ? 1 : 0;
  }
  file.add_tensor<double>("encoder.mean", {n}, means);
  file.add_tensor<double>("encoder.scale", {n}, scales);
  file.add_tensor<double>("encoder.fill", {n}, fills);
  file.add_tensor<std::uint8_t>("encoder.missing_column", {n}, missing);
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
      file.fail(fmt::format("encodes the feature {} wrongly", in_quotes(schema.features[j].name)));
    }
    encodings[j] = {.mean = means[j], .scale = scales[j], .fill = fills[j], .missing_column = missing[j] != 0};
  }
  return Encoder(schema, std::move(encodings));
}

Json encoding_json(const Schema& schema, const Encoder& encoder) {
  return json_object(schema.feature_names(), [&](std::size_t j) {
    const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
    return encoder.n_categories(j) == 0
               ? Json{{"mean", encoding.mean}, {"scale", encoding.scale}, {"fill", encoding.fill}}
               : Json{{"missing_column", encoding.missing_column}};
  });
}

std::string coefficient_lines(const std::vector<std::string>& names, std::span<const double> coefficients) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t j) { return std::pair(-std::abs(coefficients[j]), j); });
  std::string text;
  for (const std::size_t j : order) text += fmt::format("  {:>12.6f}  {}\n", coefficients[j], printable(names[j]));
  return text;
}

}  // namespace thrum
