#include "thrum/serve/model_card_internal.h"

#include <cctype>
#include <cmath>

namespace thrum::serving {
namespace {

/// Four digits are enough for an example.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) && scale > 0 ? std::round(value * scale) / scale : value;
}

Json example_of(const ModelEndpoint& model, std::size_t feature) {
  const Feature& known = model.schema().features[feature];
  if (known.type == FeatureType::category) return known.categories.empty() ? Json() : Json(known.categories.front());
  const double value = rounded(model.typical_value(feature));
  return std::isfinite(value) ? Json(value) : Json();
}

}  // namespace

Json example_row(const ModelEndpoint& model) {
  Json row = Json::object();
  for (std::size_t j = 0; j < model.schema().features.size(); ++j) {
    row[model.schema().features[j].name] = example_of(model, j);
  }
  return row;
}

Json model_card(const ModelEndpoint& model) {
  Json features = Json::array();
  for (std::size_t j = 0; j < model.schema().features.size(); ++j) {
    const Feature& feature = model.schema().features[j];
    features.push_back({{"name", feature.name},
                        {"type", feature.type == FeatureType::number ? "number" : "category"},
                        {"categories", feature.categories},
                        {"example", example_of(model, j)}});
  }
  const Target& target = model.schema().target;
  const auto classes = target.task == Task::classification ? target.classes : std::vector<std::string>();
  Json card = {{"name", model.name()},           {"version", model.version()}, {"target", target.name},
               {"task", task_name(target.task)}, {"classes", classes},         {"explains", model.n_margins() > 0},
               {"features", std::move(features)}};
  if (target.task == Task::anomaly) card["threshold"] = target.threshold;
  return card;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos);
    if (is_plain) {
      encoded += c;
    } else {
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace thrum::serving
