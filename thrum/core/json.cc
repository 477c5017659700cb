#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"

namespace thrum {
namespace {

[[noreturn]] void fail(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::corrupt_data, "[" + std::string(where) + "] " + what);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  constexpr int deepest = 64;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest) fail(where, "JSON is nested deeper than 64 levels");
    using Event = Json::parse_event_t;
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second) {
      fail(where, "JSON has the key \"" + parsed.get<std::string>() + "\" twice in one object");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::parse_error& error) {
    fail(where, "not valid JSON at byte " + std::to_string(error.byte));
  } catch (const Json::exception& error) {
    fail(where, std::string("not valid JSON: ") + error.what());
  }
}

Json json_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double number_from_json(const Json& value, std::string_view where) {
  if (value.is_number()) return value.get<double>();
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  fail(where, "expected a number, got " + value.dump());
}

const Json& json_member(const Json& object, std::string_view key, std::string_view where) {
  if (!object.is_object()) fail(where, "expected a JSON object");
  const auto found = object.find(std::string(key));
  if (found == object.end()) fail(where, "the key \"" + std::string(key) + "\" is missing");
  return *found;
}

}  // namespace thrum
