#pragma once

#include <optional>
#include <stop_token>

#include "thrum/core/function_ref.h"

namespace thrum {

/// How memory traffic on other CPUs slows down a piece of work. Each slowdown is the CPU time beside threads that write
/// to memory as fast as they can, divided by that beside threads that only compute: what several busy CPUs share anyway
/// (clock frequency, hardware threads) cancels out, and so does waiting for a CPU.
struct MemoryPressure {
  double slowdown = 1;         ///< of the work
  double stream_slowdown = 1;  ///< of a plain pass over memory, which nothing but memory bounds
  double active_share = 1;     ///< of the time that the threads meant to disturb really had their CPUs

  /// The slowdown from which on work counts as bound by memory: a quarter, or half of what a stream loses if that is
  /// less; 0: not to be told, because nothing disturbs a stream here or because others took the CPUs.
  double threshold() const noexcept;
};

struct MemoryProbeOptions {
  int rounds = 3;     ///< runs of the work beside each kind of thread, in turn; at least 1
  int work_cpus = 1;  ///< CPUs for the work; threads of the other kind run on the rest of those that are allowed
  std::stop_token stop = {};
};

/// Measures the pressure on `work`, which runs on this thread or in processes started by it, and returns the CPU
/// seconds that it used; none: it did not do its work, which ends the probe. None also where the process may use no
/// more than work_cpus CPUs. Throws cancelled.
std::optional<MemoryPressure> probe_memory(FunctionRef<std::optional<double>()> work,
                                           const MemoryProbeOptions& options = {});

/// The RunCost::touched_bytes_per_second of a plain pass over memory, measured here and now; none where the kernel does
/// not tell.
std::optional<double> stream_touched_bytes_per_second();

}  // namespace thrum
