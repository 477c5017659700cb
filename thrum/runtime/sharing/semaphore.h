#pragma once

#include <cstdint>

#include "thrum/runtime/sharing/shared_memory.h"
#include "thrum/runtime/timeout.h"

namespace thrum {

/// A number of permits between processes. It crosses by descriptor; a copy is a handle of the same semaphore. A permit
/// belongs to the process that acquired it: those of a process that dies come back within milliseconds of somebody
/// waiting for one. It works with std::lock_guard. Thread-safe.
class Semaphore {
 public:
  struct Options {
    /// Only a process that holds a permit may release one, so that there are never more than at first. Otherwise a
    /// release by a process that holds none adds one: a signal.
    bool bounded = false;
  };

  /// `permits` to begin with. Throws invalid_argument for fewer than 0; io.
  explicit Semaphore(std::int64_t permits, const Options& options);
  explicit Semaphore(std::int64_t permits) : Semaphore(permits, Options()) {}

  /// False when the time passes first. Throws out_of_memory when 512 processes hold permits.
  bool acquire(const Timeout& timeout = {}) const;
  /// Throws invalid_argument for fewer than 1, or when a bounded semaphore's permits are not this process's.
  void release(std::int64_t permits = 1) const;
  /// How many permits could be acquired now.
  std::int64_t value() const;

  void lock() const { acquire(); }
  bool try_lock() const { return acquire(std::chrono::nanoseconds(0)); }
  void unlock() const { release(); }

  void wire(WireWriter& writer) const { memory_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  static Semaphore from_wire(WireReader& reader);

 private:
  explicit Semaphore(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

}  // namespace thrum
