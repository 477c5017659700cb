#pragma once

#include <signal.h>

#include "thrum/runtime/process/process.h"

namespace thrum {

/// What waitid(2) says of a process that has ended.
ProcessEnd process_end_of(const siginfo_t& info);

}  // namespace thrum
