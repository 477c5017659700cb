#include "thrum/cli/parameter.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace thrum::cli {
namespace {

std::string spelled(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

std::string variable_of(const std::string& name) {
  std::string variable = "THRUM_" + spelled(name, '-', '_');
  for (char& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::string value_name(const OptionField& field) {
  if (!field.choices.empty()) return "NAME";
  if (field.type == "integer") return "N";
  if (field.type == "number") return "X";
  return "TEXT";
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Parameter repeatable(std::string name, std::string help, ParameterTraits traits,
                     std::function<void(const std::string& name, const std::string& part)> add) {
  Parameter made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.repeatable = true;
  made.traits = std::move(traits);
  made.set = [name = made.name, add = std::move(add)](std::string_view text) {
    for (const std::string& part : split_at_commas(text)) add(name, part);
  };
  return made;
}

}  // namespace

std::string Parameter::flag() const {
  return "--" + spelled(name, '_', '-');
}

bool Parameter::is_setting() const {
  return !traits.positional && !traits.flag_only;
}

std::vector<std::string> Parameter::variables() const {
  std::vector<std::string> names = {variable_of(name)};
  for (const std::string& alias : traits.aliases) names.push_back(variable_of(alias));
  names.insert(names.end(), traits.variables.begin(), traits.variables.end());
  return names;
}

bool Parameter::is_called(std::string_view key) const {
  const std::string wanted = spelled(std::string(key), '-', '_');
  const auto is_wanted = [&](const std::string& alias) { return spelled(alias, '-', '_') == wanted; };
  return wanted == name || std::ranges::any_of(traits.aliases, is_wanted);
}

Parameter parameter(const OptionField& field, void* options, ParameterTraits traits) {
  Parameter made;
  made.name = field.name;
  made.help = field.help;
  made.domain = field.domain;
  made.initial = field.get(options);
  made.choices = field.choices;
  made.is_switch = field.type == "boolean" && made.initial == "false";
  made.traits = std::move(traits);
  if (field.type == "boolean") {
    made.choices = {"true", "false"};
  }
  if (made.traits.value.empty()) made.traits.value = field.type == "boolean" ? "BOOL" : value_name(field);
  made.set = [set = field.set, options](std::string_view text) { set(options, text); };
  return made;
}

Parameter rest_parameter(std::string name, std::vector<std::string>* words, std::string help, std::string value) {
  Parameter made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.repeatable = true;
  made.traits = {.value = std::move(value), .positional = true, .rest = true};
  made.set = [words](std::string_view text) { words->emplace_back(text); };
  return made;
}

Parameter list_parameter(std::string name, std::vector<std::string>* values, std::string help, ParameterTraits traits) {
  return repeatable(std::move(name), std::move(help), std::move(traits),
                    [values](const std::string&, const std::string& part) { values->push_back(part); });
}

Parameter list_parameter(std::string name, std::vector<double>* values, const Range& range, std::string help,
                         ParameterTraits traits) {
  return repeatable(std::move(name), std::move(help), std::move(traits),
                    [values, range](const std::string& of, const std::string& part) {
                      values->push_back(detail::parse_number(of, range, part));
                    });
}

Parameter list_parameter(std::string name, std::vector<int>* values, const Range& range, std::string help,
                         ParameterTraits traits) {
  return repeatable(std::move(name), std::move(help), std::move(traits),
                    [values, range](const std::string& of, const std::string& part) {
                      values->push_back(static_cast<int>(detail::parse_integer(of, range, part)));
                    });
}

}  // namespace thrum::cli
