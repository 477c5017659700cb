#pragma once

#include <chrono>
#include <exception>
#include <map>
#include <memory>

#include "thrum/cache/digest.h"
#include "thrum/core/mutex.h"

namespace thrum {

/// The keys whose values threads of this process are computing. Thread-safe.
class Flights {
 public:
  struct Outcome {
    bool stored = false;
    std::exception_ptr error = nullptr;
  };
  class Flight;

  struct Place {
    std::shared_ptr<Flight> flight;
    bool first = false;  ///< who is first computes, and must call `land`
  };
  Place join(const Digest& key) THRUM_EXCLUDES(mutex_);

  void land(const Digest& key, const std::shared_ptr<Flight>& flight, const Outcome& outcome) THRUM_EXCLUDES(mutex_);

  /// None when the deadline came first.
  std::optional<Outcome> wait(const std::shared_ptr<Flight>& flight, std::chrono::steady_clock::time_point deadline)
      THRUM_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  ConditionVariable landed_;
  std::map<Digest, std::shared_ptr<Flight>> flights_ THRUM_GUARDED_BY(mutex_);
};

/// Guarded by the mutex of Flights.
class Flights::Flight {
  friend class Flights;
  bool has_landed_ = false;
  Outcome outcome_;
};

}  // namespace thrum
