#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace thrum {

/// Objects keep the order in which keys were added, so the same content gives the same text.
using Json = nlohmann::ordered_json;

/// Strict RFC 8259: duplicate keys, trailing text, invalid UTF-8, nesting deeper than 64 and numbers out of range are
/// refused. Throws corrupt_data: "[where] …" with the byte position.
Json parse_json(std::string_view text, std::string_view where);

/// `value` as a number, or as the string "nan", "inf", "-inf" where JSON has none.
Json json_number(double value);

/// The inverse of json_number. Throws corrupt_data naming `where`.
double number_from_json(const Json& value, std::string_view where);

/// `object[key]`. Throws corrupt_data naming `where` and the key when it is absent or `object` is no object.
const Json& json_member(const Json& object, std::string_view key, std::string_view where);

}  // namespace thrum
