#include "thrum/serve/feature_cells_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// As a table writes the number.
std::string number_text(double number) {
  std::string text;
  append_json_number(text, number);
  return text;
}

std::string number_text(const JsonElement& value) {
  if (value.is_int64()) return std::to_string(value.get_int64().value());
  if (value.is_uint64()) return std::to_string(value.get_uint64().value());
  return number_text(value.get_double().value());
}

/// Some of the categories, for a hint.
std::string categories_hint(const std::vector<std::string>& categories) {
  constexpr std::size_t most = 5;
  std::string list = "the categories are ";
  for (std::size_t i = 0; i < std::min(categories.size(), most); ++i) {
    list += (i > 0 ? ", " : "") + in_quotes(categories[i]);
  }
  return list + (categories.size() > most ? ", …" : "");
}

}  // namespace

FeatureCells::FeatureCells(const Schema& schema) : schema_(schema), names_(schema.feature_names()) {
  for (std::size_t j = 0; j < names_.size(); ++j) {
    const Feature& feature = schema.features[j];
    index_.emplace(names_[j], j);
    takes_numbers_.push_back(std::any_of(feature.categories.begin(), feature.categories.end(), is_json_number));
    all_numbers_ = all_numbers_ && feature.type == FeatureType::number;
  }
}

std::optional<std::size_t> FeatureCells::find(std::string_view name, std::size_t guess) const {
  if (guess < names_.size() && names_[guess] == name) return guess;
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

std::optional<double> FeatureCells::read(std::size_t feature, const JsonElement& value) const {
  if (value.is_null()) return missing;
  if (is_number(feature)) {
    double number = 0;
    if (value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
    return number;
  }
  if (value.is_string()) return read_text(feature, value.get_string().value());
  if (!value.is_number()) return std::nullopt;
  return category_of_number(feature, number_text(value));
}

std::optional<double> FeatureCells::read_number(std::size_t feature, double number) const {
  if (is_number(feature) || std::isnan(number)) return number;
  return category_of_number(feature, number_text(number));
}

std::optional<double> FeatureCells::read_text(std::size_t feature, std::string_view text) const {
  if (is_number(feature)) return std::nullopt;
  const Feature& known = schema_.features[feature];
  const std::size_t code = category_code(known.categories, text);
  if (known.refuses_unknown && code == known.categories.size()) return std::nullopt;
  return static_cast<double>(code);
}

/// Where no category is a number, a number is mostly a code of the client's own: better refused than unknown.
std::optional<double> FeatureCells::category_of_number(std::size_t feature, std::string_view text) const {
  if (!takes_numbers_[feature]) return std::nullopt;
  return read_text(feature, text);
}

void FeatureCells::refuse_value(const std::string& place, std::size_t feature, const std::string& got) const {
  const std::string where = place + " (feature " + in_quotes(names_[feature]) + "): expected ";
  if (is_number(feature)) refuse(where + "a number, got " + got);
  const Feature& known = schema_.features[feature];
  refuse(where + (known.refuses_unknown ? "a category of the training rows, got " : "a text, got ") + got,
         categories_hint(known.categories));
}

void FeatureCells::refuse_name(const Place& place, std::string_view name) const {
  refuse_at(place, "the model has no feature " + in_quotes(name), nearest_hint(name, names_));
}

void FeatureCells::refuse_absent(const Place& place, std::size_t feature) const {
  refuse_at(place, "the feature " + in_quotes(names_[feature]) + " is absent", "null says that a value is missing");
}

void NamedFeatures::clear() {
  std::fill(seen_.begin(), seen_.end(), false);
  n_seen_ = 0;
}

std::size_t NamedFeatures::add(const Place& place, std::string_view name) {
  const auto feature = cells_.find(name, n_seen_);
  if (!feature) cells_.refuse_name(place, name);
  if (seen_[*feature]) refuse_at(place, "the feature " + in_quotes(name) + " is given twice");
  seen_[*feature] = true;
  ++n_seen_;
  return *feature;
}

void NamedFeatures::require_all(const Place& place) const {
  if (n_seen_ == seen_.size()) return;
  const auto absent = std::find(seen_.begin(), seen_.end(), false);
  cells_.refuse_absent(place, static_cast<std::size_t>(absent - seen_.begin()));
}

}  // namespace thrum::serving
