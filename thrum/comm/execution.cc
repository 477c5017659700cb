#include "thrum/comm/execution.h"

#include <string>

#include "thrum/core/error.h"

namespace thrum {

void Execution::check_stop(const char* where) const {
  if (!stop.stop_requested()) return;
  throw Error(ErrorCode::cancelled, "[" + std::string(where) + "] a stop was requested before the work was done");
}

LocalExecution::LocalExecution(int threads, std::uint64_t seed, Backend backend)
    : arena_(std::make_unique<Arena>(threads, backend)),
      communicator_(self_communicator()),
      execution_{arena_.get(), communicator_.get(), seed} {}

}  // namespace thrum
