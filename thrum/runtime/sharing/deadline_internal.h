#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>

#include "thrum/runtime/timeout.h"

namespace thrum {

/// When a wait ends.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(const Timeout& timeout) : at_(timeout ? after(*timeout) : Clock::time_point::max()) {}

  bool is_never() const noexcept { return at_ == Clock::time_point::max(); }
  bool has_passed() const { return !is_never() && Clock::now() >= at_; }
  /// The time left, but `most` at most; never negative.
  std::chrono::nanoseconds left(std::chrono::nanoseconds most) const {
    if (is_never()) return most;
    return std::clamp(std::chrono::nanoseconds(at_ - Clock::now()), std::chrono::nanoseconds(0), most);
  }
  /// As CLOCK_MONOTONIC counts.
  timespec absolute() const noexcept {
    const auto since = std::chrono::nanoseconds(at_.time_since_epoch()).count();
    return {since / 1'000'000'000, since % 1'000'000'000};
  }

 private:
  static Clock::time_point after(std::chrono::nanoseconds time) {
    const auto now = Clock::now();
    if (time <= std::chrono::nanoseconds(0)) return now;
    return time > Clock::time_point::max() - now ? Clock::time_point::max() : now + time;
  }

  Clock::time_point at_;
};

}  // namespace thrum
