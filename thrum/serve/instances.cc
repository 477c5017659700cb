#include <algorithm>
#include <limits>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"
#include "thrum/serve/http_request.h"
#include "thrum/serve/instances_internal.h"
#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {
namespace {

using simdjson::dom::element_type;

constexpr std::string_view form = "{\"instances\": [{\"feature\": value, …}, …]}";

[[noreturn]] void fail(const std::string& message, const std::string& hint = "") {
  throw HttpError(400, "[predict] " + message, hint);
}

std::string quote(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::size_t end = std::min(text.size(), longest);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return "\"" + std::string(text.substr(0, end)) + (end < text.size() ? "…" : "") + "\"";
}

std::string described(const simdjson::dom::element& value) {
  switch (value.type()) {
    case element_type::STRING:
      return quote(value.get_string().value());
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    default:
      return simdjson::minify(value);
  }
}

/// As a table writes the number.
std::string number_text(const simdjson::dom::element& value) {
  std::string text;
  if (value.is_int64()) return std::to_string(value.get_int64().value());
  if (value.is_uint64()) return std::to_string(value.get_uint64().value());
  append_json_number(text, value.get_double().value());
  return text;
}

std::string place(std::size_t row) {
  return "instances[" + std::to_string(row) + "]";
}

/// simdjson does not say where; a second parser does, for bodies that it reads in no time.
[[noreturn]] void fail_not_json(std::string_view body, simdjson::error_code code) {
  constexpr std::size_t largest = 64u << 10;
  const std::string expected = "expected " + std::string(form);
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) fail("the body is empty", expected);
  if (const std::string number = refused_number(body, fits_double); !number.empty()) {
    fail("the number " + number + " is beyond the largest double", "send null for a missing value");
  }
  if (const std::string number = refused_number(body, fits_integer); !number.empty()) {
    fail("the integer " + number + " takes more than 64 bits", "write it as a double, such as 1e20");
  }
  if (body.size() <= largest) {
    try {
      parse_json(body, "predict");
    } catch (const Error& error) {
      throw HttpError(400, error.what(), expected);
    }
  }
  fail(std::string("the body is not valid JSON: ") + simdjson::error_message(code), expected);
}

}  // namespace

InstanceReader::InstanceReader(const Schema& schema, std::size_t limit_rows)
    : schema_(schema), limit_rows_(limit_rows), names_(schema.feature_names()), seen_(schema.features.size()) {
  for (std::size_t j = 0; j < names_.size(); ++j) index_.emplace(names_[j], j);
}

MatrixView<const double> InstanceReader::read(std::string_view body) {
  const simdjson::dom::array instances = find_instances(parse(body));
  const std::size_t n_features = names_.size();
  rows_.clear();
  std::size_t row = 0;
  for (const Element instance : instances) {
    if (row == limit_rows_) {
      throw HttpError(413, "[predict] more than " + std::to_string(limit_rows_) + " instances in one request",
                      "send them in several requests");
    }
    rows_.resize((row + 1) * n_features);
    read_row(row, instance, rows_.data() + row * n_features);
    ++row;
  }
  if (row == 0) fail("\"instances\" is empty", "send at least one");
  return {rows_.data(), row, n_features};
}

InstanceReader::Element InstanceReader::parse(std::string_view body) {
  Element root;
  const simdjson::error_code code = parser_.parse(body.data(), body.size()).get(root);
  if (code != simdjson::SUCCESS) fail_not_json(body, code);
  return root;
}

simdjson::dom::array InstanceReader::find_instances(const Element& root) const {
  if (!root.is_object()) fail("expected an object, got " + described(root), std::string(form));
  Element found;
  bool is_found = false;
  const simdjson::dom::object object = root.get_object().value();
  for (const auto field : object) {
    const std::string known[] = {"instances"};
    if (field.key != known[0]) fail("the key " + quote(field.key) + " is not known", nearest_hint(field.key, known));
    if (is_found) fail("\"instances\" is given twice");
    found = field.value;
    is_found = true;
  }
  if (!is_found) fail("the key \"instances\" is missing", "expected " + std::string(form));
  if (!found.is_array()) fail("\"instances\": expected a list, got " + described(found), std::string(form));
  return found.get_array().value();
}

void InstanceReader::read_row(std::size_t row, const Element& instance, double* values) {
  if (instance.is_object()) {
    read_record(row, instance.get_object().value(), values);
  } else if (instance.is_array()) {
    read_list(row, instance.get_array().value(), values);
  } else {
    fail(place(row) + ": expected an object of features or a list of " + std::to_string(names_.size()) +
         " values, got " + described(instance));
  }
}

void InstanceReader::read_record(std::size_t row, const simdjson::dom::object& record, double* values) {
  std::fill(seen_.begin(), seen_.end(), std::uint8_t{0});
  std::size_t n_seen = 0;
  for (const auto field : record) {
    const std::size_t j = find_feature(row, field.key, n_seen);
    if (seen_[j] != 0) fail(place(row) + ": the feature " + quote(field.key) + " is given twice");
    seen_[j] = 1;
    ++n_seen;
    values[j] = read_value(row, j, field.value);
  }
  if (n_seen < names_.size()) fail_absent(row);
}

void InstanceReader::read_list(std::size_t row, const simdjson::dom::array& list, double* values) const {
  const std::size_t size = list.size() < 0xffffff ? list.size() : std::numeric_limits<std::size_t>::max();
  if (size != names_.size()) {
    fail(place(row) + ": expected " + std::to_string(names_.size()) + " values, got " +
             (size > 0xffffff ? "more" : std::to_string(size)),
         "one for each feature in the order of the model, or an object by name");
  }
  std::size_t j = 0;
  for (const Element value : list) {
    values[j] = read_value(row, j, value);
    ++j;
  }
}

/// Clients mostly send the features in the order of the model, so the next one is tried first.
std::size_t InstanceReader::find_feature(std::size_t row, std::string_view name, std::size_t guess) const {
  if (guess < names_.size() && names_[guess] == name) return guess;
  const auto found = index_.find(name);
  if (found != index_.end()) return found->second;
  fail(place(row) + ": the model has no feature " + quote(name), nearest_hint(name, names_));
}

double InstanceReader::read_value(std::size_t row, std::size_t feature, const Element& value) const {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (schema_.features[feature].type == FeatureType::category) return read_category(row, feature, value);
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) fail_value(row, feature, "a number", value);
  return number;
}

double InstanceReader::read_category(std::size_t row, std::size_t feature, const Element& value) const {
  const auto& categories = schema_.features[feature].categories;
  if (value.is_string()) return static_cast<double>(category_code(categories, value.get_string().value()));
  if (!value.is_number()) fail_value(row, feature, "a text", value);
  return static_cast<double>(category_code(categories, number_text(value)));
}

void InstanceReader::fail_absent(std::size_t row) const {
  const auto absent = std::find(seen_.begin(), seen_.end(), std::uint8_t{0});
  const std::string& name = names_[static_cast<std::size_t>(absent - seen_.begin())];
  fail(place(row) + ": the feature " + quote(name) + " is absent", "null says that a value is missing");
}

void InstanceReader::fail_value(std::size_t row, std::size_t feature, std::string_view expected,
                                const Element& value) const {
  fail(place(row) + " (feature " + quote(names_[feature]) + "): expected " + std::string(expected) + ", got " +
       described(value));
}

}  // namespace thrum::serving
