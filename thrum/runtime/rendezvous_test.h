#pragma once

#include <chrono>

#include "thrum/core/mutex.h"

namespace thrum::test {

/// Ends when `n` threads have come, or fails after a generous time.
class Rendezvous {
 public:
  explicit Rendezvous(int n) : missing_(n) {}

  bool arrive_and_wait() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    MutexLock lock(mutex_);
    if (--missing_ == 0) all_here_.notify_all();
    while (missing_ > 0) {
      if (!all_here_.wait_until(mutex_, deadline)) return missing_ <= 0;
    }
    return true;
  }

 private:
  Mutex mutex_;
  ConditionVariable all_here_;
  int missing_ THRUM_GUARDED_BY(mutex_);
};

}  // namespace thrum::test
