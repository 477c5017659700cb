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

/// Where `text`, which is JSON but for its numbers, holds the first one that `accept` refuses: "1e999 at byte 12", or
/// "" where there is none.
std::string refused_number(std::string_view text, bool (*accept)(std::string_view number));
bool fits_double(std::string_view number);   ///< not beyond the largest
bool fits_integer(std::string_view number);  ///< within 64 bits, or written with a point or an exponent

/// In one line, or in several with so many blanks per level; bytes that are no UTF-8 are replaced.
std::string dump_json(const Json& json, int indent = -1);

/// `value` as a number, or as the string "nan", "inf", "-inf" where JSON has none.
Json json_number(double value);

/// The inverse of json_number. Throws corrupt_data naming `where`.
double number_from_json(const Json& value, std::string_view where);

/// `object[key]`. Throws corrupt_data naming `where` and the key when it is absent or `object` is no object.
const Json& json_member(const Json& object, std::string_view key, std::string_view where);

}  // namespace thrum
