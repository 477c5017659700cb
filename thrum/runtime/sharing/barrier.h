#pragma once

#include <cstdint>
#include <memory>

#include "thrum/runtime/sharing/shared_memory.h"
#include "thrum/runtime/timeout.h"

namespace thrum {

/// A point at which a fixed number of processes or threads wait for one another, again and again. It crosses by
/// descriptor; a copy is a handle of the same barrier. It breaks when one of them gives up, and when a process ends,
/// even by kill -9, that has a handle which it made or received: then nobody waits in vain. Thread-safe.
class Barrier {
 public:
  /// For `parties` waiters. Throws invalid_argument for fewer than 1; io.
  explicit Barrier(std::int64_t parties);

  /// Waits until all parties do. The number, from 0 to parties - 1, in which this one came. Throws, also in the calls
  /// of all others, timed_out when the time of one passes, remote when a process with the barrier has ended, cancelled
  /// after abort() and for those whom reset() finds waiting.
  std::int64_t wait(const Timeout& timeout = {}) const;

  /// As new. Those who wait are cancelled.
  void reset() const;
  /// Broken until reset().
  void abort() const;

  std::int64_t parties() const noexcept;
  std::int64_t n_waiting() const;
  bool is_broken() const;

  void wire(WireWriter& writer) const;
  /// Throws corrupt_data where something else comes; out_of_memory when 512 processes have the barrier.
  static Barrier from_wire(WireReader& reader);

 private:
  class Membership;
  explicit Barrier(std::shared_ptr<Membership> membership);

  std::shared_ptr<Membership> membership_;
};

}  // namespace thrum
