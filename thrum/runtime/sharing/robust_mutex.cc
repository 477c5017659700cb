#include <cerrno>

#include "thrum/core/error.h"
#include "thrum/runtime/sharing/robust_mutex_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {

RobustMutex::RobustMutex(Kind kind) {
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_settype(&attributes,
                              kind == Kind::recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_ERRORCHECK);
  const int error = ::pthread_mutex_init(&mutex_, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  if (error != 0) throw_io("[lock] cannot make a lock", error);
}

Acquired RobustMutex::lock(const Deadline& deadline) {
  const int error = ::pthread_mutex_trylock(&mutex_);
  if (error != EBUSY) return acquired(error);
  if (deadline.is_never()) return acquired(::pthread_mutex_lock(&mutex_));
  const timespec until = deadline.absolute();
  return acquired(::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &until));
}

Acquired RobustMutex::try_lock() {
  return acquired(::pthread_mutex_trylock(&mutex_));
}

Acquired RobustMutex::acquired(int error) {
  switch (error) {
    case 0:
      return Acquired::yes;
    case EBUSY:
    case ETIMEDOUT:
      return Acquired::no;
    case EOWNERDEAD:
      ::pthread_mutex_consistent(&mutex_);
      return Acquired::after_death;
    case EDEADLK:
      throw Error(ErrorCode::invalid_argument, "[lock] expected a lock that this thread does not hold, it holds it",
                  "an RLock can be acquired again");
    default:
      throw Error(ErrorCode::corrupt_data, "[lock] the shared memory holds no lock: " + reason(error));
  }
}

bool RobustMutex::unlock() noexcept {
  return ::pthread_mutex_unlock(&mutex_) == 0;
}

}  // namespace thrum
