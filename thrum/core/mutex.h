#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define THRUM_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define THRUM_THREAD_ANNOTATION(x)
#endif

/// The member may be touched only while `mutex` is held; clang checks it.
#define THRUM_GUARDED_BY(mutex) THRUM_THREAD_ANNOTATION(guarded_by(mutex))
/// The function may be called only while `mutex` is held; clang checks it.
#define THRUM_REQUIRES(...) THRUM_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define THRUM_EXCLUDES(...) THRUM_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace thrum {

/// std::mutex that clang's thread-safety analysis understands.
class THRUM_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() THRUM_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() THRUM_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  /// Tells the analysis that the mutex is held, where it cannot see that: in callbacks.
  void assume_held() const THRUM_THREAD_ANNOTATION(assert_capability(this)) {}

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

class THRUM_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) THRUM_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() THRUM_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class ConditionVariable {
 public:
  /// REQUIRES: `mutex` is held. Wakes may be spurious: wait in a loop over the condition.
  void wait(Mutex& mutex) THRUM_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  /// As `wait`, until `deadline` at the latest; false when the deadline passed.
  template <class Clock, class Duration>
  bool wait_until(Mutex& mutex, const std::chrono::time_point<Clock, Duration>& deadline) THRUM_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace thrum
