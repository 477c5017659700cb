#include "thrum/cli/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "thrum/cli/exit_code.h"
#include "thrum/core/names.h"

namespace thrum::cli {
namespace {

std::string where(const CommandPath& path) {
  return "[" + place_text(path) + "] ";
}

/// Messages of option fields begin with "[max_iter] "; here the source of the value says more.
std::string without_place(const Error& error) {
  std::string message = error.what();
  if (!error.hint().empty()) message.resize(message.size() - error.hint().size() - 2);
  const std::size_t end = message.front() == '[' ? message.find("] ") : std::string::npos;
  return end == std::string::npos ? message : message.substr(end + 2);
}

void collect_variables(const Command& command, std::vector<std::string>& variables) {
  for (const Parameter& parameter : command.parameters) {
    if (!parameter.is_setting()) continue;
    for (std::string& variable : parameter.variables()) variables.push_back(std::move(variable));
  }
  for (const Command& subcommand : command.subcommands) collect_variables(subcommand, variables);
}

}  // namespace

Settings::Settings(const Arguments& arguments, ConfigFile file) : arguments_(arguments), file_(std::move(file)) {}

std::optional<Settings::Value> Settings::value(const Parameter& parameter) const {
  const auto given = arguments_.given.find(&parameter);
  const std::string name = parameter.traits.positional ? parameter.traits.value : parameter.flag();
  if (given != arguments_.given.end()) return Value{given->second, name};
  if (!parameter.is_setting()) return std::nullopt;
  for (const std::string& variable : parameter.variables()) {
    if (const char* text = std::getenv(variable.c_str()); text != nullptr && *text != '\0') {
      return Value{{text}, variable};
    }
  }
  if (const ConfigFile::Entry* entry = file_.find(arguments_.path, parameter)) {
    const std::string place = entry->place + ": " + parameter.name;
    if (entry->is_list && !parameter.repeatable) {
      throw usage_error(where(arguments_.path) + place + ": expected one value, got a list");
    }
    return Value{entry->values, place};
  }
  return std::nullopt;
}

void Settings::set(const Parameter& parameter, const Value& value) const {
  if (value.texts.empty()) return;
  try {
    if (parameter.repeatable) {
      for (const std::string& text : value.texts) parameter.set(text);
    } else {
      parameter.set(value.texts.back());
    }
  } catch (const Failure&) {
    throw;
  } catch (const Error& error) {
    throw usage_error(where(arguments_.path) + value.place + ": " + without_place(error), error.hint());
  }
}

void Settings::apply(const Command& command) const {
  for (const Parameter& parameter : command.parameters) {
    if (const auto found = value(parameter)) set(parameter, *found);
  }
}

void Settings::check_required() const {
  for (const Command* command : arguments_.path) {
    for (const Parameter& parameter : command->parameters) {
      if (!parameter.traits.required || value(parameter)) continue;
      const std::string name =
          parameter.traits.positional ? parameter.traits.value : parameter.flag() + " " + parameter.traits.value;
      throw usage_error(fmt::format("{}{} is missing", where(arguments_.path), name),
                        parameter.help + (command->examples.empty() ? "" : ", as in: " + command->examples[0].line));
    }
  }
}

void warn_of_unknown_variables(const Command& root, Console& console) {
  std::vector<std::string> known;
  collect_variables(root, known);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable(*entry, std::strcspn(*entry, "="));
    if (!variable.starts_with("THRUM_") || std::count(known.begin(), known.end(), variable) != 0) continue;
    const std::string hint = nearest_hint(variable, known);
    if (!hint.empty()) console.write(LogLevel::warning, fmt::format("{} is no setting; {}", variable, hint));
  }
}

}  // namespace thrum::cli
