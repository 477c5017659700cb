#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/process/process.h"

namespace thrum {

/// What a run of a program cost, and what it waited for: of the process and of all its descendants.
struct RunCost {
  ProcessEnd end;
  ProcessUsage usage;
  double wall_seconds = 0;
  double queued_seconds = 0;  ///< its threads could run but no CPU was free for them, summed over threads
  int most_threads = 1;       ///< at once
  std::size_t samples = 0;    ///< looks at the states of its threads; the shares below are of these
  double running_share = 0;   ///< a thread ran or could
  double storage_share = 0;   ///< none could run, and one was in an uninterruptible wait: a disk, as a rule

  /// Bytes of the pages that it touched anew, per second of CPU time; none: not seen, or the kernel does not tell.
  std::optional<double> touched_bytes_per_second = {};

  double cpu_seconds() const noexcept { return usage.user_seconds + usage.system_seconds; }

  /// CPU time that it had or was kept from: a thread queues after it was forced off a CPU, which counts, and for a
  /// moment whenever its waiting ends, which does not.
  double demanded_seconds() const noexcept;

  /// The share of the time in which it computes that it would have on a machine of its own: 0 waits, 1 computes.
  double busy_share() const noexcept;
};

/// Runs `command` to its end, and reads /proc meanwhile, every 10 ms. After a stop request the command's process group
/// gets SIGINT, then five seconds later SIGKILL. Throws io where it cannot be started.
RunCost measure_run(const Command& command, std::stop_token stop = {});

/// What a call costs that does its work on the calling thread. Faults and switches are the thread's, the resident
/// memory is the process's, and samples are looks at that memory only.
RunCost measure_call(FunctionRef<void()> work);

}  // namespace thrum
