#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/core/function_ref.h"
#include "thrum/runtime/process/process.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/server.h"

namespace thrum::serving {

/// What a worker process is told: as arguments, so that a process list shows it.
struct WorkerOrders {
  int seat = 0;
  pid_t supervisor = 0;
  int n_listeners = 1;
  ServeOptions options = {};

  /// "seat=0", "supervisor=4711", "listeners=1", and what differs from the defaults: "timeout=5", …
  std::vector<std::string> arguments() const;
  /// The inverse. Throws invalid_argument.
  static WorkerOrders parse(std::span<const std::string> arguments);
};

/// The descriptors that a worker inherits.
struct WorkerDescriptors {
  int board;
  int image;
  int doorbell;
  std::vector<int> listeners;
};

/// This program again, as a worker.
Command worker_command(const WorkerOrders& orders, const WorkerDescriptors& descriptors);

/// What a worker answers from; all of it stays where it is.
struct ServiceParts {
  ByteSpan image;
  const ServeOptions& options;
  const Scoreboard& board;
  int doorbell;  ///< wakes the supervisor
};

using OpenService = FunctionRef<std::unique_ptr<RequestHandler>(const ServiceParts& parts)>;

/// The whole life of a worker process, given the arguments of its main; returns its exit code.
int worker_main(int argc, char** argv, OpenService open);

}  // namespace thrum::serving
