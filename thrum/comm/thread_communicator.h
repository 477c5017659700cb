#pragma once

#include <chrono>

#include "thrum/comm/communicator.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// Runs body(communicator) on `ranks` threads of this process, each with its own rank, and returns when all have ended.
/// An exception on one rank aborts the others; the one that came first is rethrown. Collectives wait at most `deadline`
/// for the other ranks.
void run_thread_ranks(int ranks, FunctionRef<void(Communicator&)> body,
                      std::chrono::milliseconds deadline = std::chrono::minutes(1));

}  // namespace thrum
