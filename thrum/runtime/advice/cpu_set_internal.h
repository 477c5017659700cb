#pragma once

#include <sched.h>

#include <vector>

namespace thrum {

/// The CPUs that the calling thread may run on, ascending; empty where the kernel does not say.
inline std::vector<int> own_cpus() {
  std::vector<int> cpus;
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

/// Keeps the calling thread, and processes and threads that it starts, on `cpus`.
inline bool stay_on(const std::vector<int>& cpus) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int cpu : cpus) CPU_SET(cpu, &mask);
  return ::sched_setaffinity(0, sizeof mask, &mask) == 0;
}

}  // namespace thrum
