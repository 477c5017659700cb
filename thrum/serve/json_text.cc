#include <simdjson.h>

#include <charconv>
#include <cmath>

#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {
namespace {

void append_escape(std::string& json, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  json += "\\u00";
  json += digits[c >> 4];
  json += digits[c & 15];
}

}  // namespace

void append_json_string(std::string& json, std::string_view text) {
  const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      append_escape(json, byte);
    } else if (byte >= 0x80 && !is_utf8) {
      json += "\\ufffd";
    } else {
      json += c;
    }
  }
  json += '"';
}

void append_json_number(std::string& json, double value) {
  if (!std::isfinite(value)) {
    json += "null";
    return;
  }
  char digits[32];
  json.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_json_integer(std::string& json, std::size_t value) {
  char digits[24];
  json.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

bool is_json_number(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(text.data(), text.size()).get(element) != simdjson::SUCCESS) return false;
  return element.is_number() && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace thrum::serving
