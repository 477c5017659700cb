#include <algorithm>
#include <new>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/serve/http_request.h"
#include "thrum/serve/json_input_internal.h"

namespace thrum::serving {
namespace {

using simdjson::dom::element_type;

/// simdjson does not say where; a second parser does, for bodies that it reads in no time.
[[noreturn]] void refuse_body(std::string_view body, simdjson::error_code code, std::string_view form) {
  constexpr std::size_t largest = 64u << 10;
  const std::string expected = "expected " + std::string(form);
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) refuse("the body is empty", expected);
  if (without_byte_order_mark(body).size() < body.size()) {
    refuse("the body begins with a byte order mark (EF BB BF)", "send it as UTF-8 without one");
  }
  if (const std::string number = refused_number(body, fits_double); !number.empty()) {
    refuse("the number " + number + " is beyond the largest double", "send null for a missing value");
  }
  if (const std::string number = refused_number(body, fits_integer); !number.empty()) {
    refuse("the integer " + number + " takes more than 64 bits", "write it as a double, such as 1e20");
  }
  if (body.size() <= largest) {
    try {
      parse_json(body, "predict");
    } catch (const Error& error) {
      throw HttpError(400, error.what(), expected);
    }
  }
  refuse(std::string("the body is not valid JSON: ") + simdjson::error_message(code), expected);
}

[[noreturn]] void refuse_member(std::string_view name, const Place& place, std::span<const JsonMember> members) {
  std::vector<std::string> known;
  for (const JsonMember& member : members) known.emplace_back(member.name);
  refuse_at(place, "the key " + in_quotes(name) + " is not known", nearest_hint(name, known));
}

[[noreturn]] void refuse_kind(const Place& place, std::string_view expected, const JsonElement& value,
                              std::string_view hint = "") {
  refuse_at(place, "expected " + std::string(expected) + ", got " + described(value), std::string(hint));
}

}  // namespace

void refuse(const std::string& message, const std::string& hint) {
  throw HttpError(400, "[predict] " + message, hint);
}

void refuse_at(const Place& place, const std::string& message, const std::string& hint) {
  const std::string where = place.text();
  refuse(where.empty() ? message : where + ": " + message, hint);
}

std::string Place::text() const {
  return std::string(name) + (index ? "[" + std::to_string(*index) + "]" : "");
}

std::string described(const JsonElement& value) {
  switch (value.type()) {
    case element_type::STRING:
      return in_quotes(value.get_string().value());
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    default:
      return simdjson::minify(value);
  }
}

JsonElement JsonReader::parse(std::string_view body, std::string_view form) {
  JsonElement root;
  const simdjson::error_code code = parser_.parse(body.data(), body.size()).get(root);
  if (code == simdjson::MEMALLOC) {
    parser_ = simdjson::dom::parser();  // what it has allocated does not fit together, and it would not notice
    throw std::bad_alloc();
  }
  if (code != simdjson::SUCCESS) refuse_body(body, code, form);
  return root;
}

void find_members(const JsonObject& object, const Place& place, std::span<JsonMember> members, UnknownMembers unknown) {
  for (const auto field : object) {
    const auto member =
        std::find_if(members.begin(), members.end(), [&](const JsonMember& known) { return known.name == field.key; });
    if (member == members.end()) {
      if (unknown == UnknownMembers::ignored) continue;
      refuse_member(field.key, place, members);
    }
    if (member->is_given) refuse_at(place, in_quotes(field.key) + " is given twice");
    member->value = field.value;
    member->is_given = true;
  }
}

std::size_t size_of(const JsonArray& array) {
  constexpr std::size_t saturated = 0xffffff;
  if (array.size() < saturated) return array.size();
  std::size_t size = 0;
  for ([[maybe_unused]] const JsonElement value : array) ++size;
  return size;
}

JsonObject as_object(const Place& place, const JsonElement& value, std::string_view hint) {
  if (!value.is_object()) refuse_kind(place, "an object", value, hint);
  return value.get_object().value();
}

JsonArray as_array(const Place& place, const JsonElement& value, std::string_view hint) {
  if (!value.is_array()) refuse_kind(place, "a list", value, hint);
  return value.get_array().value();
}

std::string_view as_text(const Place& place, const JsonElement& value) {
  if (!value.is_string()) refuse_kind(place, "a text", value);
  return value.get_string().value();
}

bool as_bool(const Place& place, const JsonElement& value) {
  if (!value.is_bool()) refuse_kind(place, "true or false", value);
  return value.get_bool().value();
}

std::size_t as_size(const Place& place, const JsonElement& value) {
  std::uint64_t size = 0;
  if (value.get_uint64().get(size) != simdjson::SUCCESS) refuse_kind(place, "a whole number >= 0", value);
  return size;
}

}  // namespace thrum::serving
