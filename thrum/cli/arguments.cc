#include "thrum/cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "thrum/cli/exit_code.h"
#include "thrum/core/foreign_options.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum::cli {
namespace {

using OptionMap = std::map<const Parameter*, CLI::Option*>;

std::string spellings(const Parameter& parameter) {
  if (parameter.traits.positional) return parameter.name;
  std::string names = parameter.flag();
  for (const std::string& alias : parameter.traits.aliases) names += ",--" + alias;
  if (parameter.traits.letter != '\0') names += std::string(",-") + parameter.traits.letter;
  return names;
}

/// CLI11 finds the words; what they mean is decided by Parameter::set, so that all sources of a value are treated
/// alike.
void declare(CLI::App& app, const Command& command, OptionMap& options) {
  app.set_help_flag();
  app.allow_extras();
  app.fallthrough();
  app.require_subcommand(0, 1);
  for (const Parameter& parameter : command.parameters) {
    if (parameter.traits.rest) continue;
    CLI::Option* option =
        parameter.is_switch ? app.add_flag(spellings(parameter)) : app.add_option(spellings(parameter))->expected(1);
    option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (parameter.traits.positional && parameter.repeatable) option->expected(0, 64)->allow_extra_args();
    options[&parameter] = option;
  }
  for (const Command& subcommand : command.subcommands) {
    declare(*app.add_subcommand(subcommand.name), subcommand, options);
  }
}

CommandPath chosen_path(const Command& root, const CLI::App& app) {
  CommandPath path{&root};
  for (const CLI::App* level = &app; !level->get_subcommands().empty();) {
    level = level->get_subcommands().front();
    path.push_back(path.back()->find(level->get_name()));
  }
  return path;
}

std::string where(const CommandPath& path) {
  return "[" + place_text(path) + "] ";
}

std::string help_command(const CommandPath& path) {
  return path.size() > 1 ? "thrum " + path_text(path) + " --help" : "thrum --help";
}

[[noreturn]] void refuse_flag(const CommandPath& path, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  const std::string bare = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  std::vector<std::string> known;
  for (const Command* command : path) {
    for (const Parameter& parameter : command->parameters) {
      if (!parameter.traits.positional) known.push_back(parameter.flag().substr(2));
    }
  }
  const auto& foreign = path.back()->foreign_flags;
  if (const auto found = foreign.find(flag); found != foreign.end()) {
    throw usage_error(where(path) + "there is no " + flag + " here", found->second);
  }
  if (const std::string_view remedy = foreign_option_remedy(bare); !remedy.empty() && place_text(path) == "train") {
    throw usage_error(where(path) + "there is no " + flag + " here", std::string(remedy));
  }
  const std::string nearest = nearest_name(bare, known);
  throw usage_error(where(path) + "unknown flag " + flag,
                    nearest.empty() ? "see: " + help_command(path) : "nearest: \"--" + nearest + "\"");
}

/// The nearest name, or the one that `word` begins.
std::string hint_for(const std::string& word, const std::vector<std::string>& names) {
  const std::string hint = nearest_hint(word, names);
  const auto longer = std::ranges::find_if(names, [&](const std::string& name) { return name.starts_with(word); });
  return hint.empty() && longer != names.end() ? fmt::format("nearest: \"{}\"", *longer) : hint;
}

[[noreturn]] void refuse_word(const CommandPath& path, const std::string& word) {
  const Command& command = *path.back();
  if (command.subcommands.empty()) {
    throw usage_error(fmt::format("{}unexpected argument {}", where(path), in_quotes(word)),
                      "see: " + help_command(path));
  }
  std::vector<std::string> names;
  for (const Command& subcommand : command.subcommands) {
    if (!subcommand.hidden) names.push_back(subcommand.name);
  }
  const std::string hint = hint_for(word, names);
  throw usage_error(fmt::format("{}unknown {} {}", where(path), command.subcommand_noun, in_quotes(word)),
                    hint.empty() ? "see: " + help_command(path) : hint);
}

/// The parameter that takes what follows "--"; nullptr where there is none.
const Parameter* rest_of(const Command& command) {
  for (const Parameter& parameter : command.parameters) {
    if (parameter.traits.rest) return &parameter;
  }
  return nullptr;
}

void refuse_extras(const CommandPath& path, const std::vector<std::string>& extras) {
  for (const std::string& word : extras) {
    if (word.front() == '-' || rest_of(*path.back()) == nullptr) continue;
    throw usage_error(fmt::format("{}unexpected argument {}", where(path), in_quotes(word)),
                      fmt::format("it comes after --, as in: thrum {} -- {}", path_text(path), printable(word)));
  }
  // The flags of a subcommand that is misspelled are not what is wrong.
  const bool of_a_group = !path.back()->subcommands.empty() && !extras.empty();
  if (of_a_group && extras.front().front() != '-') refuse_word(path, extras.front());
  for (const std::string& word : extras) {
    if (word.size() > 1 && word.front() == '-') refuse_flag(path, word);
  }
  if (!extras.empty()) refuse_word(path, extras.front());
}

/// CLI11 words this "--target: 1 required TEXT missing".
std::string flag_of(const CLI::ParseError& error) {
  const std::string text = error.what();
  return text.substr(0, text.find(':'));
}

Arguments parse_all(const Command& root, std::span<const char* const> words) {
  CLI::App app;
  OptionMap options;
  declare(app, root, options);
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch& error) {
    const CommandPath path = chosen_path(root, app);
    throw usage_error(where(path) + flag_of(error) + " needs a value", "see: " + help_command(path));
  } catch (const CLI::ParseError& error) {
    throw usage_error(where(chosen_path(root, app)) + error.what());
  }
  Arguments arguments;
  arguments.path = chosen_path(root, app);
  refuse_extras(arguments.path, app.remaining(true));
  for (const auto& [parameter, option] : options) {
    if (option->count() > 0) arguments.given[parameter] = option->results();
  }
  return arguments;
}

}  // namespace

Arguments parse_arguments(const Command& root, std::span<const char* const> words) {
  const auto dashes =
      std::ranges::find(words, std::string_view("--"), [](const char* w) { return std::string_view(w); });
  if (dashes == words.end()) return parse_all(root, words);
  Arguments before = parse_all(root, words.first(static_cast<std::size_t>(dashes - words.begin())));
  const Parameter* rest = rest_of(*before.path.back());
  if (rest == nullptr) return parse_all(root, words);
  before.given[rest] = {dashes + 1, words.end()};
  return before;
}

}  // namespace thrum::cli
