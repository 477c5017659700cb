#pragma once

#include <sys/resource.h>

#include "thrum/runtime/process/process.h"

namespace thrum {

ProcessUsage process_usage_of(const rusage& usage);

/// Of the calling thread so far.
ProcessUsage thread_usage();

}  // namespace thrum
