#include "thrum/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace thrum::cli {
namespace {

constexpr std::size_t page_width = 100;
constexpr std::size_t indent = 2;

/// `text` from column `column` on, broken at spaces.
std::string wrapped(std::string_view text, std::size_t column) {
  std::string lines;
  std::size_t at = column;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (at > column && at + 1 + word.size() > page_width) {
      lines += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      lines += ' ';
      ++at;
    }
    lines += word;
    at += word.size();
  }
  return lines;
}

struct Entry {
  std::string term;
  std::string text;
};

std::string list(const std::string& heading, const std::vector<Entry>& entries) {
  if (entries.empty()) return "";
  constexpr std::size_t widest = 26;
  std::size_t width = 0;
  for (const Entry& entry : entries) {
    if (entry.term.size() <= widest) width = std::max(width, entry.term.size());
  }
  std::string text = "\n" + heading + ":\n";
  const std::size_t column = indent + width + 2;
  for (const Entry& entry : entries) {
    text += std::string(indent, ' ') + entry.term;
    const bool fits = entry.term.size() <= width;
    text += fits ? std::string(width - entry.term.size() + 2, ' ') : "\n" + std::string(column, ' ');
    text += wrapped(entry.text, column) + "\n";
  }
  return text;
}

std::vector<Entry> entries_of(const std::vector<const Parameter*>& parameters) {
  std::vector<Entry> entries;
  for (const Parameter* parameter : parameters) {
    const std::string facts = parameter_facts(*parameter);
    entries.push_back({parameter_spelling(*parameter), parameter->help + (facts.empty() ? "" : " (" + facts + ")")});
  }
  return entries;
}

/// Summaries of learners are written as list entries.
std::string sentence(std::string text) {
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text.back() == '.' || text.back() == '?' ? text : text + ".";
}

std::string examples_text(const Command& command) {
  if (command.examples.empty()) return "";
  std::string text = "\nExamples:\n";
  for (const Example& example : command.examples) {
    if (!example.comment.empty()) text += "  # " + example.comment + "\n";
    text += "  " + example.line + "\n";
  }
  return text;
}

std::string subcommands_text(const Command& command) {
  std::vector<Entry> entries;
  for (const Command& subcommand : command.subcommands) {
    if (!subcommand.hidden) entries.push_back({subcommand.name, subcommand.summary});
  }
  std::string heading = command.subcommand_noun + "s";
  heading.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(heading.front())));
  return list(heading, entries);
}

std::string closing_text(const CommandPath& path) {
  if (!path.back()->subcommands.empty()) {
    const std::string command = path.size() > 1 ? "thrum " + path_text(path) : "thrum";
    return fmt::format("\n{} {} --help says more about each.\n", command,
                       path.back()->subcommand_noun == "command" ? "COMMAND" : "NAME");
  }
  return "\nA flag that is not given is looked up in the environment (--max-iter as THRUM_MAX_ITER), then in\n"
         "thrum.toml (max_iter, at the top or in a table per command). Exit codes: 0 ok, 1 failure, 2 usage, 3 data,\n"
         "4 model, 5 gate not met, 6 resource unavailable, 130 interrupted.\n";
}

}  // namespace

std::string parameter_spelling(const Parameter& parameter) {
  const ParameterTraits& traits = parameter.traits;
  if (traits.positional) return traits.value;
  std::string text = traits.letter != '\0' ? fmt::format("-{}, ", traits.letter) : "";
  text += parameter.flag();
  for (const std::string& alias : traits.aliases) text += ", --" + alias;
  return parameter.is_switch ? text : text + " " + traits.value;
}

std::string parameter_facts(const Parameter& parameter) {
  std::vector<std::string> facts;
  if (parameter.traits.required && !parameter.traits.positional) facts.emplace_back("required");
  if (!parameter.is_switch && !parameter.initial.empty()) facts.push_back("default " + parameter.initial);
  if (!parameter.domain.empty() && parameter.domain != "[-inf, inf]") {
    facts.push_back((parameter.choices.empty() ? "in " : "") + parameter.domain);
  }
  if (parameter.repeatable && !parameter.traits.positional)
    facts.emplace_back("may be repeated, or a list with commas");
  return fmt::format("{}", fmt::join(facts, "; "));
}

std::vector<ParameterGroup> parameter_groups(const Command& command) {
  std::vector<ParameterGroup> groups;
  for (const Parameter& parameter : command.parameters) {
    const std::string heading = parameter.traits.positional ? "Arguments" : parameter.traits.group;
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.heading == heading; });
    if (group == groups.end()) group = groups.insert(groups.end(), ParameterGroup{heading, {}});
    group->parameters.push_back(&parameter);
  }
  return groups;
}

std::string usage_line(const CommandPath& path) {
  std::string line = "thrum";
  if (path.size() > 1) line += " " + path_text(path);
  if (!path.back()->subcommands.empty()) return line + (path.size() > 1 ? " NAME" : " COMMAND") + " …";
  bool more = false;
  std::string rest;
  for (const Parameter& parameter : path.back()->parameters) {
    if (parameter.traits.rest) {
      rest = " " + parameter.traits.value;
      continue;
    }
    const bool shown = parameter.traits.required || parameter.traits.positional;
    more = more || !shown;
    if (!shown) continue;
    std::string spelled = parameter.traits.positional ? "" : parameter.flag() + " ";
    if (parameter.traits.letter != '\0') spelled = fmt::format("-{} ", parameter.traits.letter);
    spelled += parameter.traits.value;
    line += parameter.traits.required ? " " + spelled : " [" + spelled + "]";
  }
  return line + (more ? " [flags]" : "") + rest;
}

std::string help_text(const CommandPath& path) {
  const Command& command = *path.back();
  std::string text = sentence(command.summary) + "\n\nUsage: " + usage_line(path) + "\n";
  if (!command.description.empty()) text += "\n" + command.description + "\n";
  text += examples_text(command) + subcommands_text(command);
  if (path.size() > 1) {
    for (const ParameterGroup& group : parameter_groups(command)) {
      text += list(group.heading, entries_of(group.parameters));
    }
  }
  for (const ParameterGroup& group : parameter_groups(*path.front())) {
    text += list("Global flags", entries_of(group.parameters));
  }
  return text + closing_text(path);
}

}  // namespace thrum::cli
