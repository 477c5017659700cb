#include "thrum/core/options.h"

#include <algorithm>
#include <charconv>

#include "thrum/core/error.h"
#include "thrum/core/foreign_options.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(std::string_view name, const std::string& expected, std::string_view given,
                         const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument,
              "[" + std::string(name) + "] expected " + expected + ", got \"" + std::string(given) + "\"", hint);
}

template <class T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool Range::contains(double value) const noexcept {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Range::text() const {
  return (low_open ? "(" : "[") + detail::number_text(low) + ", " + detail::number_text(high) + (high_open ? ")" : "]");
}

std::string OptionField::flag() const {
  std::string spelled = "--" + name;
  std::replace(spelled.begin(), spelled.end(), '_', '-');
  return spelled;
}

namespace detail {

double parse_number(std::string_view name, const Range& range, std::string_view text) {
  double value = 0;
  if (!parse_whole(text, value) || !range.contains(value)) refuse(name, "a number in " + range.text(), text);
  return value;
}

long long parse_integer(std::string_view name, const Range& range, std::string_view text) {
  long long value = 0;
  if (!parse_whole(text, value) || !range.contains(static_cast<double>(value))) {
    refuse(name, "an integer in " + range.text(), text);
  }
  return value;
}

bool parse_boolean(std::string_view name, std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  refuse(name, "true or false", text);
}

std::string parse_text(std::string_view name, std::span<const std::string> choices, std::string_view text) {
  if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
    refuse(name, one_of(choices), text, nearest_hint(text, choices));
  }
  return std::string(text);
}

std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string one_of(std::span<const std::string> choices) {
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  return "one of: " + list;
}

}  // namespace detail

void Options::set(std::string_view name, std::string_view text) {
  find_option(fields_, name).set(data_.get(), text);
}

std::string Options::get(std::string_view name) const {
  return find_option(fields_, name).get(data_.get());
}

std::string Options::json() const {
  Json object = Json::object();
  for (const OptionField& field : fields_) {
    const std::string text = field.get(data_.get());
    if (field.type == "text") {
      object[field.name] = text;
    } else if (field.type == "number") {
      object[field.name] = json_number(detail::parse_number(field.name, {}, text));
    } else {
      object[field.name] = Json::parse(text);
    }
  }
  return object.dump();
}

const OptionField& find_option(std::span<const OptionField> fields, std::string_view name) {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == wanted; });
  if (found != fields.end()) return *found;
  std::vector<std::string> names;
  for (const OptionField& field : fields) names.push_back(field.name);
  const std::string remedy(foreign_option_remedy(wanted));
  throw Error(ErrorCode::invalid_argument, "there is no option \"" + std::string(name) + "\"",
              remedy.empty() ? nearest_hint(wanted, names) : remedy);
}

}  // namespace thrum
