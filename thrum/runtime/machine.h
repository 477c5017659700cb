#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace thrum {

/// What a CPU quota does to the processes under it, since the control group was made.
struct Throttling {
  std::uint64_t periods = 0;            ///< in which any of them ran
  std::uint64_t throttled_periods = 0;  ///< in which they were stopped because the quota was used up
  double throttled_seconds = 0;         ///< that CPUs stood still for it
};

/// What the hardware has and what this process may use of it.
struct Machine {
  std::string cpu_model;  ///< such as "AMD EPYC 9R14"; empty: not known
  int packages = 0;       ///< sockets; counts are those of the whole machine
  int numa_nodes = 0;
  int cores = 0;
  int cpus = 0;                   ///< hardware threads: more than cores with SMT
  std::size_t l1_data_bytes = 0;  ///< of one cache, as for the next two; 0: not known
  std::size_t l2_bytes = 0;
  std::size_t l3_bytes = 0;
  std::uint64_t memory_bytes = 0;

  int affinity_cpus = 0;                            ///< what the process may run on (taskset, cpuset)
  int affinity_cores = 0;                           ///< physical cores that these belong to; 0: not known
  std::optional<double> cpu_quota;                  ///< CPUs per unit of time left by control groups, such as 1.5
  std::optional<std::uint64_t> memory_limit_bytes;  ///< left by control groups
  int available_cpus = 0;                           ///< left by affinity and quota, whatever THRUM_THREADS says
};

/// Reads the facts anew.
Machine inspect_machine();

/// How busy the machine is, and what the system grants to this process besides CPUs and memory.
struct MachineState {
  std::optional<double> load_average;    ///< threads that ran or wanted to, of all processes, over the last minute
  std::optional<Throttling> throttling;  ///< none: no quota is enforced
  std::optional<std::uint64_t> shared_memory_bytes;  ///< size of /dev/shm, where other programs keep shared arrays
  std::optional<std::uint64_t> open_files;           ///< limit for the process (ulimit -n); none: unlimited
  std::optional<std::uint64_t> address_space_bytes;  ///< limit for the process (ulimit -v); none: unlimited
  std::optional<std::uint64_t> user_threads;         ///< limit for all threads of the user (ulimit -u); none: unlimited
};

/// Reads the facts anew.
MachineState inspect_machine_state();

/// How many threads should compute at once: what the affinity mask holds, but no more than the quota of the control
/// groups (rounded up), and at least 1. THRUM_THREADS in the environment, unless it is 0, wins over both; a number
/// above what they leave is logged as a warning. Throws invalid_argument when it is not a whole number from 0 to 1024.
int available_cpus();

/// How many bytes of memory the process may use: what the machine has, but no more than control groups leave.
std::uint64_t available_memory();

}  // namespace thrum
