#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "thrum/comm/communicator.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/progress.h"
#include "thrum/runtime/scratch.h"

namespace thrum {

/// Where and how work runs: all that a learner needs besides data and options. Cheap to copy; refers to what it was
/// made of.
struct Execution {
  Arena* arena;
  Communicator* communicator;
  std::uint64_t seed = 0;
  Progress* progress = nullptr;  ///< may be null
  std::stop_token stop = {};
  Scratch* scratch = nullptr;  ///< where large arrays lie; null: in memory

  /// To be called between pieces of work on large arrays. Throws out_of_memory, as Scratch::keep_within_limit.
  void keep_within_limit() const {
    if (scratch != nullptr) scratch->keep_within_limit();
  }
  /// Throws cancelled when a stop was requested. `where` names the work in the message.
  void check_stop(const char* where) const;
  void report(const Progress::Report& report) const {
    if (progress != nullptr) progress->report(report);
  }
};

/// An Execution that owns its arena and is the only rank: `LocalExecution local(2); learner.fit(data, local);`
class LocalExecution {
 public:
  /// `threads`: as Arena's slots.
  explicit LocalExecution(int threads = 0, std::uint64_t seed = 0, Backend backend = Backend::tbb);

  operator const Execution&() const { return execution_; }  // NOLINT(google-explicit-constructor): it is one
  const Execution& get() const { return execution_; }
  Execution& get() { return execution_; }

 private:
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<Communicator> communicator_;
  Execution execution_;
};

}  // namespace thrum
