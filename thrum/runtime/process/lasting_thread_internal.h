#pragma once

#include "thrum/core/function_ref.h"

namespace thrum {

/// Runs `work` in a thread that lives as long as the process, and returns when it has ended: a child that dies with its
/// parent dies with the *thread* that started it (prctl(2), PR_SET_PDEATHSIG). Rethrows what it throws. Thread-safe.
void run_in_lasting_thread(FunctionRef<void()> work);

}  // namespace thrum
