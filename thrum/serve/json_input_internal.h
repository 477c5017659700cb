#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace thrum::serving {

using JsonElement = simdjson::dom::element;
using JsonArray = simdjson::dom::array;
using JsonObject = simdjson::dom::object;

/// A part of a body, put into words only where something is wrong with it.
struct Place {
  std::string_view name = {};  ///< "" is the whole body
  std::optional<std::size_t> index = {};

  std::string text() const;  ///< "instances", "instances[3]"
};

/// Throws HttpError 400, "[predict] " before the message.
[[noreturn]] void refuse(const std::string& message, const std::string& hint = "");
[[noreturn]] void refuse_at(const Place& place, const std::string& message, const std::string& hint = "");

/// What a value is, for "…, got X": the value itself, or "a list", "an object".
std::string described(const JsonElement& value);

/// Parses the bodies of requests, strictly. Buffers are reused. Not thread-safe.
class JsonReader {
 public:
  /// Valid until the next call. Throws HttpError 400 with the position of the fault; `form`, what was expected, is the
  /// hint.
  JsonElement parse(std::string_view body, std::string_view form);

 private:
  simdjson::dom::parser parser_;
};

/// One member that an object may have.
struct JsonMember {
  std::string_view name;
  JsonElement value = {};
  bool is_given = false;
};

enum class UnknownMembers { refused, ignored };

/// Finds `members` in `object`. Throws HttpError 400 for one that is given twice, and for a name that is not among them
/// (with the nearest).
void find_members(const JsonObject& object, const Place& place, std::span<JsonMember> members,
                  UnknownMembers unknown = UnknownMembers::refused);

/// The number of values, counted where simdjson's own count ends.
std::size_t size_of(const JsonArray& array);

/// `value` as what it must be. Throws HttpError 400: "place: expected …, got …".
JsonObject as_object(const Place& place, const JsonElement& value, std::string_view hint = "");
JsonArray as_array(const Place& place, const JsonElement& value, std::string_view hint = "");
std::string_view as_text(const Place& place, const JsonElement& value);
bool as_bool(const Place& place, const JsonElement& value);
std::size_t as_size(const Place& place, const JsonElement& value);

}  // namespace thrum::serving
