#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/help.h"
#include "thrum/learn/learner.h"

namespace thrum::cli {
namespace {

struct ReferenceArguments {
  std::string page = {};
};

/// A cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "–" : cell(text);
}

std::string generated_note(const std::string& page) {
  return fmt::format("<!-- Written by `thrum reference {}`; a test keeps it up to date. -->\n\n", page);
}

std::string parameter_rows(const std::vector<const Parameter*>& parameters) {
  std::string rows = "| argument | meaning |\n|---|---|\n";
  for (const Parameter* parameter : parameters) {
    const std::string facts = parameter_facts(*parameter);
    rows += fmt::format("| `{}` | {}{} |\n", cell(parameter_spelling(*parameter)), cell(parameter->help),
                        facts.empty() ? "" : " (" + cell(facts) + ")");
  }
  return rows;
}

std::string examples_block(const Command& command) {
  if (command.examples.empty()) return "";
  std::string text = "```sh\n";
  for (const Example& example : command.examples) {
    if (!example.comment.empty()) text += "# " + example.comment + "\n";
    text += example.line + "\n";
  }
  return text + "```\n\n";
}

std::string command_section(const CommandPath& path) {
  const Command& command = *path.back();
  std::string text = fmt::format("## {}\n\n{}\n\n`{}`\n\n", path_text(path), command.summary, usage_line(path));
  if (!command.description.empty()) text += command.description + "\n\n";
  text += examples_block(command);
  for (const ParameterGroup& group : parameter_groups(command)) {
    text += fmt::format("**{}**\n\n{}\n", group.heading, parameter_rows(group.parameters));
  }
  for (const Command& subcommand : command.subcommands) {
    CommandPath deeper = path;
    deeper.push_back(&subcommand);
    text += command_section(deeper);
  }
  return text;
}

std::string command_line_page(const Command& root) {
  std::string text = generated_note("command-line") + "# Command line reference\n\n" + root.summary + "\n\n";
  text += "Flags of every command:\n\n";
  for (const ParameterGroup& group : parameter_groups(root)) text += parameter_rows(group.parameters) + "\n";
  for (const Command& command : root.subcommands) {
    if (!command.hidden) text += command_section({&root, &command});
  }
  text.pop_back();
  return text;
}

std::string tasks_text(const Learner& learner) {
  std::string text;
  for (const Task task : learner.tasks()) text += (text.empty() ? "" : ", ") + std::string(task_name(task));
  return text;
}

std::string learner_page(const Learner& learner) {
  const Options options = learner.default_options();
  const std::string name(learner.name());
  std::string text = generated_note(name) + fmt::format("# {}\n\n{}\n\n", name, learner.summary());
  const bool needs_target = learner.tasks().front() != Task::anomaly;
  text += fmt::format("Task: {}. Trained with `thrum train {} DATA {}-o MODEL`.\n\n", tasks_text(learner), name,
                      needs_target ? "--target COLUMN " : "");
  text += "| option | flag | type | allowed | default | meaning |\n|---|---|---|---|---|---|\n";
  for (const OptionField& field : options.fields()) {
    text += fmt::format("| `{}` | `{}` | {} | {} | {} | {} |\n", field.name, field.flag(), field.type,
                        or_dash(field.domain), or_dash(options.get(field.name)), cell(field.help));
  }
  return text + "\nThe same names are keys of `thrum.toml`, of the options in the model file and of a search grid.\n";
}

}  // namespace

Command reference_command() {
  auto arguments = std::make_shared<ReferenceArguments>();
  Command command{.name = "reference", .summary = "Print a page of the reference in Markdown."};
  command.hidden = true;
  command.parameters = {
      parameter(option_field("page", &ReferenceArguments::page, {}, "command-line, or the name of a learner"),
                arguments.get(), {.value = "PAGE", .positional = true, .required = true})};
  command.run = [arguments](Session& session) {
    const bool whole = arguments->page == "command-line";
    print(whole ? command_line_page(session.root) : learner_page(find_learner(arguments->page)));
  };
  return command;
}

}  // namespace thrum::cli
