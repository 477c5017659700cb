#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/model/foreign/foreign_parts_internal.h"

namespace thrum {

/// `object[key]` as an array of numbers. Fails where it is none.
template <class T>
std::vector<T> numbers_in(const Json& object, std::string_view key, const ForeignSource& source) {
  const Json& array = json_member(object, key, source.name());
  std::vector<T> values;
  for (const Json& value : array) {
    // What another version wrote as a truth value is a number here.
    const bool is_right =
        std::is_floating_point_v<T> ? value.is_number() : value.is_number_integer() || value.is_boolean();
    if (!array.is_array() || !is_right) source.fail("\"" + std::string(key) + "\" is not an array of numbers");
    values.push_back(value.is_boolean() ? static_cast<T>(value.get<bool>()) : value.get<T>());
  }
  return values;
}

/// `object[key]`, a number in a string, as XGBoost writes its parameters.
template <class T>
T parameter_in(const Json& object, std::string_view key, const ForeignSource& source) {
  const Json& value = json_member(object, key, source.name());
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    source.fail("\"" + std::string(key) + "\" is not a number");
  return number;
}

/// `object[key]`, a string. Fails where it is none.
inline std::string text_in(const Json& object, std::string_view key, const ForeignSource& source) {
  const Json& value = json_member(object, key, source.name());
  if (!value.is_string()) source.fail("\"" + std::string(key) + "\" is not a string");
  return value.get<std::string>();
}

}  // namespace thrum
