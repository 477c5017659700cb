#include "thrum/cli/commands.h"

namespace thrum::cli {

Command cache_command() {
  Command command{.name = "cache", .summary = "Look at the results that thrum::Memory keeps on disk, and remove them."};
  command.subcommands = {cache_ls_command(), cache_stat_command(), cache_prune_command(), cache_clear_command(),
                         cache_verify_command()};
  return command;
}

}  // namespace thrum::cli
