#pragma once

#include <string>
#include <utility>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/process/process.h"
#include "thrum/runtime/process/spawn.h"

namespace thrum {

/// What this program does when one of its own processes starts it, with descriptors from first_descriptor on.
enum class ProcessRole : int {
  call,         ///< one function, then the end: a sealed memfd with its task, and the task's descriptors
  fork_server,  ///< a socket
  pool_worker,  ///< see WorkerDescriptor
};

constexpr int first_descriptor = 3;

struct RoleCommand {
  ProcessRole role = ProcessRole::call;
  std::string name;
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<int> descriptors = {};
};

/// Throws invalid_argument when init was not called.
void require_init();

/// Starts this program in a role, by StartMethod::spawn or fork_server. The child dies with the calling *thread*, or
/// with the fork server. Throws invalid_argument when init was not called; io.
Process start_role(const RoleCommand& command, StartMethod start);

/// Plays the role; returns the exit code.
int play_role(ProcessRole role);

/// Runs `body`; an exception is written to standard error, as the process has nobody else to tell. Returns the exit
/// code.
int run_as_process(FunctionRef<void()> body) noexcept;

/// REQUIRES: the process has one thread. Serves until the other end of the socket is closed.
int serve_forks();
Process start_by_fork_server(const RoleCommand& command);

int serve_call();
int serve_pool();

}  // namespace thrum
