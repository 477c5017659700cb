#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/core/function_ref.h"
#include "thrum/model/predictor.h"
#include "thrum/serve/server.h"

namespace thrum::serving {

/// What a worker process is told: as arguments, so that a process list shows it.
struct WorkerCommand {
  int slot = 0;
  pid_t supervisor = 0;
  int listener = -1;  ///< file descriptors that it inherits
  int image = -1;
  int board = -1;
  ServeOptions options = {};

  /// "slot=0", "supervisor=4711", …
  std::vector<std::string> arguments() const;
  /// The inverse. Throws invalid_argument.
  static WorkerCommand parse(std::span<const std::string> arguments);
};

/// Starts this program again as a worker. Throws io.
pid_t spawn_worker(const WorkerCommand& command);

using OpenPredictor = FunctionRef<std::unique_ptr<Predictor>(ByteSpan image)>;

/// The whole life of a worker process; returns its exit code.
int run_worker(const WorkerCommand& command, OpenPredictor open);

/// run_worker with the command after `serve_worker_command` in a main's arguments.
int worker_main(int argc, char** argv, OpenPredictor open);

}  // namespace thrum::serving
