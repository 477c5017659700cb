#include "thrum/cli/commands.h"

namespace thrum::cli {

Command data_command() {
  Command command{.name = "data", .summary = "Look at data files, make them up, split them."};
  command.subcommands = {data_inspect_command(), data_generate_command(), data_split_command()};
  return command;
}

}  // namespace thrum::cli
