#include <fmt/format.h>

#include "thrum/cli/commands.h"
#include "thrum/cli/help.h"
#include "thrum/cli/version.h"

namespace thrum::cli {
namespace {

/// Text that troff takes as it stands.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) {
      escaped += std::string("\\&") + c;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string parameters_text(const std::vector<const Parameter*>& parameters) {
  std::string text;
  for (const Parameter* parameter : parameters) {
    const std::string facts = parameter_facts(*parameter);
    text += fmt::format(".TP\n.B {}\n{}\n", roff(parameter_spelling(*parameter)),
                        roff(parameter->help + (facts.empty() ? "" : " (" + facts + ")")));
  }
  return text;
}

std::string command_text(const CommandPath& path) {
  const Command& command = *path.back();
  std::string text =
      fmt::format(".SS {}\n{}\n.PP\n.B {}\n", roff(path_text(path)), roff(command.summary), roff(usage_line(path)));
  if (!command.description.empty()) text += fmt::format(".PP\n{}\n", roff(command.description));
  for (const ParameterGroup& group : parameter_groups(command)) text += parameters_text(group.parameters);
  if (!command.examples.empty()) text += ".PP\nExamples:\n.PP\n.nf\n";
  for (const Example& example : command.examples) text += roff("  " + example.line) + "\n";
  if (!command.examples.empty()) text += ".fi\n";
  for (const Command& subcommand : command.subcommands) {
    CommandPath deeper = path;
    deeper.push_back(&subcommand);
    text += command_text(deeper);
  }
  return text;
}

std::string man_page(const Command& root) {
  std::string text = fmt::format(".TH THRUM 1 \"\" \"thrum {}\" \"User Commands\"\n", version());
  text += ".SH NAME\nthrum \\- " + roff(root.summary) + "\n.SH SYNOPSIS\n.B " + roff(usage_line({&root})) + "\n";
  text += ".SH OPTIONS\nThese go with every command.\n";
  for (const ParameterGroup& group : parameter_groups(root)) text += parameters_text(group.parameters);
  text += ".SH COMMANDS\n";
  for (const Command& command : root.subcommands) {
    if (!command.hidden) text += command_text({&root, &command});
  }
  text +=
      ".SH ENVIRONMENT AND FILES\nA flag that is not given is looked up in the environment (\\-\\-max\\-iter as "
      "THRUM_MAX_ITER), then in ./thrum.toml or the file that \\-\\-config names.\n";
  return text +
         ".SH EXIT STATUS\n0 done, 1 failed at run time, 2 usage, 3 data, 4 model file, 5 gate not met, "
         "6 resource unavailable, 130 and 143 ended by SIGINT and SIGTERM.\n";
}

}  // namespace

Command man_command() {
  Command command{.name = "man", .summary = "Print the manual page."};
  command.examples = {{"thrum man | man -l -", "read it"}, {"thrum man > thrum.1", "keep it"}};
  command.run = [](Session& session) { print(man_page(session.root)); };
  return command;
}

}  // namespace thrum::cli
