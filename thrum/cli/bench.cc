#include "thrum/cli/commands.h"

namespace thrum::cli {

Command bench_command() {
  Command command{.name = "bench", .summary = "Built-in experiments: what more workers bring on this machine."};
  command.description =
      "Each runs on 1 to N workers, N from -j, in turn, and shows medians. Speed-up is the time of one thread over\n"
      "that of the workers; efficiency is speed-up per worker.";
  command.subcommands = {bench_mean_command(), bench_parallel_command(), bench_matmul_command()};
  command.subcommand_noun = "experiment";
  return command;
}

}  // namespace thrum::cli
