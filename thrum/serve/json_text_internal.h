#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thrum::serving {

/// Appends `text` as a JSON string. What is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& json, std::string_view text);

/// Appends the shortest digits that read back as `value`; "null" where it is not finite, for JSON has no such number.
void append_json_number(std::string& json, double value);

void append_json_integer(std::string& json, std::size_t value);

/// `text` is a number as JSON writes it: "-1", "2.50", not "01", "nan" or "1e999".
bool is_json_number(std::string_view text);

}  // namespace thrum::serving
