#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/json_list_internal.h"

namespace thrum {
namespace {

[[noreturn]] void fail(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::corrupt_data, "[" + std::string(where) + "] " + what);
}

/// Behind the string that begins at `begin`.
std::size_t string_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

/// Refuses what the parser would take: JSON that is too deep, and keys that are there twice. Not by the parser's
/// callback, which looks at all of an array whenever an object in it ends.
class Check final : public nlohmann::json_sax<Json> {
 public:
  explicit Check(std::string_view where) : where_(where) {}

  bool key(std::string& name) override {
    if (!keys_.back().insert(name).second) fail(where_, "JSON has the key \"" + name + "\" twice in one object");
    return true;
  }
  bool start_object(std::size_t /*size*/) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(); }
  bool end_array() override { return close(); }
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(std::int64_t /*value*/) override { return true; }
  bool number_unsigned(std::uint64_t /*value*/) override { return true; }
  bool number_float(double /*value*/, const std::string& /*text*/) override { return true; }
  bool string(std::string& /*value*/) override { return true; }
  bool binary(Json::binary_t& /*value*/) override { return true; }
  /// Left to the parser, which comes to the same place.
  bool parse_error(std::size_t /*byte*/, const std::string& /*token*/, const Json::exception& /*error*/) override {
    return false;
  }

 private:
  bool open() {
    constexpr std::size_t deepest = 64;
    if (keys_.size() == deepest) fail(where_, "JSON is nested deeper than 64 levels");
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::string_view where_;
  std::vector<std::set<std::string>> keys_;  ///< of what is open; arrays have none
};

template <class Integer>
bool fits(std::string_view digits) {
  Integer value = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc::result_out_of_range;
}

Json checked_json(std::string_view text, std::string_view where, const Json::parser_callback_t& keep) {
  Check check(where);
  Json::sax_parse(text.begin(), text.end(), &check);
  try {
    return Json::parse(text.begin(), text.end(), keep);
  } catch (const Json::parse_error& error) {
    fail(where, "not valid JSON at byte " + std::to_string(error.byte));
  } catch (const Json::out_of_range&) {
    fail(where, "the number " + refused_number(text, fits_double) + " is beyond the largest double");
  }
}

}  // namespace

bool fits_double(std::string_view number) {
  return std::isfinite(std::strtod(std::string(number).c_str(), nullptr));
}

bool fits_integer(std::string_view number) {
  const bool whole = number.find_first_of(".eE") == std::string_view::npos;
  return !whole || fits<std::int64_t>(number) || (number.front() != '-' && fits<std::uint64_t>(number));
}

std::string refused_number(std::string_view text, bool (*accept)(std::string_view number)) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (text[begin] == '"') {
      begin = string_end(text, begin);
    } else if (const std::size_t end = std::min(text.find_first_not_of("+-.0123456789eE", begin), text.size());
               end > begin) {
      const std::string_view number = text.substr(begin, end - begin);
      if (!accept(number)) return std::string(number.substr(0, 40)) + " at byte " + std::to_string(begin + 1);
      begin = end;
    } else {
      ++begin;
    }
  }
  return "";
}

Json parse_json(std::string_view text, std::string_view where) {
  return checked_json(text, where, nullptr);
}

Json parse_json_list(std::string_view text, std::string_view where, std::string_view key,
                     FunctionRef<void(const Json& object)> take) {
  bool is_list = false;
  return checked_json(text, where, [&](int depth, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) is_list = parsed.get_ref<const std::string&>() == key;
    if (event != Json::parse_event_t::object_end || depth != 2 || !is_list) return true;
    take(parsed);
    return false;
  });
}

std::string dump_json(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
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
