#pragma once

#include <sched.h>

#include <cstddef>
#include <optional>

#include "thrum/core/function_ref.h"

namespace thrum {

/// The CPUs in an affinity mask of any length. `get(bytes, mask)` is sched_getaffinity of this process: 0, or an errno;
/// EINVAL says that the mask must be longer. None where the kernel refuses.
std::optional<int> count_affinity(FunctionRef<int(std::size_t bytes, cpu_set_t* mask)> get);

/// available_cpus() from its three sources. `wish`: the value of THRUM_THREADS, or null; "" and "0" wish nothing.
int cpu_budget(int affinity, std::optional<double> quota, const char* wish);

}  // namespace thrum
