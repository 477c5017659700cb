#pragma once

#include <pthread.h>

#include "thrum/runtime/sharing/deadline_internal.h"
#include "thrum/runtime/sharing/lock.h"

namespace thrum {

/// A mutex in shared memory that the kernel gives to the next one when its holder dies.
class RobustMutex {
 public:
  enum class Kind { simple, recursive };

  /// Throws io.
  explicit RobustMutex(Kind kind = Kind::simple);

  /// Throws invalid_argument where a simple one is already held by this thread; corrupt_data where this is no mutex.
  Acquired lock(const Deadline& deadline);
  Acquired try_lock();
  /// False when this thread does not hold it.
  bool unlock() noexcept;

 private:
  Acquired acquired(int error);

  pthread_mutex_t mutex_;
};

/// Holds a RobustMutex for a few lines that can be repeated after a death.
class RobustLock {
 public:
  explicit RobustLock(RobustMutex& mutex) : mutex_(mutex), acquired_(mutex.lock(Deadline({}))) {}
  ~RobustLock() { mutex_.unlock(); }
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;

  /// The holder before died: what it did may be half done.
  bool is_after_death() const noexcept { return acquired_ == Acquired::after_death; }

 private:
  RobustMutex& mutex_;
  Acquired acquired_;
};

}  // namespace thrum
