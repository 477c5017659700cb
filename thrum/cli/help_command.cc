#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/help.h"
#include "thrum/core/names.h"

namespace thrum::cli {
namespace {

const Command& subcommand(const Command& command, const std::string& name) {
  if (const Command* found = command.find(name)) return *found;
  std::vector<std::string> names;
  for (const Command& known : command.subcommands) {
    if (!known.hidden) names.push_back(known.name);
  }
  throw usage_error(fmt::format("unknown command \"{}\"", name), nearest_hint(name, names));
}

}  // namespace

Command help_command() {
  auto names = std::make_shared<std::vector<std::string>>();
  Command command{.name = "help", .summary = "Say how a command is used."};
  command.examples = {{"thrum help train logistic-regression", ""}};
  command.parameters = {list_parameter("command", names.get(), "the command, with its subcommand",
                                       {.value = "COMMAND…", .positional = true})};
  command.run = [names](Session& session) {
    CommandPath path{&session.root};
    for (const std::string& name : *names) path.push_back(&subcommand(*path.back(), name));
    print(help_text(path));
  };
  return command;
}

}  // namespace thrum::cli
