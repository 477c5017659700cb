#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "thrum/runtime/advice/memory_probe.h"
#include "thrum/runtime/advice/run_cost.h"

namespace thrum {

/// What keeps a program from going faster.
enum class Bottleneck {
  cpu,     ///< computing
  memory,  ///< moving data between memory and the CPU
  io,      ///< waiting: for storage, the network, another process, a timer
  mixed,   ///< computing for some of the time, waiting for the rest
  unknown  ///< it was over too soon to tell
};

std::string_view bottleneck_name(Bottleneck bottleneck) noexcept;

/// How a program would be run in parallel.
struct Advice {
  Bottleneck verdict = Bottleneck::cpu;
  int workers = 1;     ///< copies of it, at once, that pay on this machine; of an unknown verdict 1, which says nothing
  std::string reason;  ///< a sentence with the figures that decided
  std::string doubt = {};  ///< a sentence that says why the verdict is uncertain; empty where it is firm
};

/// What is known of the memory traffic of a program beside what its run showed.
struct MemoryEvidence {
  /// RunCost::touched_bytes_per_second of a plain stream through memory; none: not measured.
  std::optional<double> stream_touched_bytes_per_second = {};
  std::optional<MemoryPressure> pressure = {};
};

/// Whether a program computes on more data than caches hold, so that MemoryEvidence can change the advice.
bool is_memory_in_doubt(const RunCost& cost) noexcept;

/// Whether the traffic is neither little nor much, so that MemoryEvidence::pressure can change the advice.
bool is_probe_needed(const RunCost& cost, const std::optional<double>& stream_touched_bytes_per_second) noexcept;

/// The advice that follows from what was measured on a machine of `cpus` CPUs. A function of its arguments only.
///
/// A run of less than 50 ms, or whose threads were looked at less than three times, is unknown.
/// It waits for at least 65 % of the time: io. It computes for at most 75 %: mixed. Else it is memory where it touches
/// pages at least half as fast as a stream does, and cpu where it does so less than a tenth as fast. In between it is
/// memory if it slows down beside memory traffic beyond the threshold of MemoryPressure, or, where that is not known,
/// if it touches them at least a quarter as fast. Where the kernel does not tell, the slowdown decides alone.
/// There is doubt where the slowdown should have decided and is not known, and where others had the CPUs for more than
/// a quarter of the time in which the program could run.
Advice advise(const RunCost& cost, const MemoryEvidence& memory, int cpus);

/// The doubt about what is measured on a machine where `load_average` threads wanted to run before; empty where there
/// were CPUs for them.
std::string load_doubt(const std::optional<double>& load_average, int cpus);

/// More copies than this overload what they wait for, before they fill the CPUs.
int most_workers_that_wait(int cpus) noexcept;

}  // namespace thrum
