#pragma once

#include "thrum/runtime/sharing/shared_memory.h"
#include "thrum/runtime/timeout.h"

namespace thrum {

enum class Acquired {
  no,           ///< the time passed
  yes,          ///< the lock is held
  after_death,  ///< the lock is held; its last holder ended without releasing it
};

/// A lock between processes and their threads. It crosses by descriptor; a copy is a handle of the same lock. Whoever
/// waits for a holder that dies, even by kill -9, gets the lock and is told so, since what the lock guards may be half
/// written. It works with std::lock_guard and std::scoped_lock. It belongs to the thread that acquired it.
template <bool recursive>
class BasicLock {
 public:
  /// A new lock. Throws io.
  BasicLock();

  /// Throws invalid_argument where a Lock is already held by this thread.
  Acquired acquire(const Timeout& timeout = {}) const;
  /// As acquire(), but after a death the lock is released, and Error{remote} thrown, once: use acquire() to repair what
  /// the lock guards.
  void lock() const;
  /// As lock(), without waiting.
  bool try_lock() const;
  /// Throws invalid_argument when this thread does not hold the lock.
  void unlock() const;

  void wire(WireWriter& writer) const { memory_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  static BasicLock from_wire(WireReader& reader);

 private:
  explicit BasicLock(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

/// Acquired once.
using Lock = BasicLock<false>;
/// Acquired any number of times by the same thread, and released as often.
using RLock = BasicLock<true>;

extern template class BasicLock<false>;
extern template class BasicLock<true>;

}  // namespace thrum
