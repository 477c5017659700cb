#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace thrum {

/// Tells the processor that this thread spins.
inline void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// CLOCK_MONOTONIC, which all processes of a machine share.
inline std::uint64_t monotonic_nanoseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// Spins for a moment before a sleep: falling asleep and being woken takes some microseconds too. It spins for longer
/// where that has helped, and hardly at all where the processors are busy with others, who need the time. Not
/// thread-safe.
class Spin {
 public:
  /// Whether `ready` became true.
  template <class Ready>
  bool operator()(const Ready& ready) noexcept {
    constexpr int tries_per_look_at_the_clock = 16;
    const std::uint64_t end = monotonic_nanoseconds() + nanoseconds_;
    do {
      for (int i = 0; i < tries_per_look_at_the_clock; ++i) {
        if (ready()) {
          nanoseconds_ = std::min(2 * nanoseconds_, most);
          return true;
        }
        relax();
      }
    } while (monotonic_nanoseconds() < end);
    nanoseconds_ = std::max(nanoseconds_ / 2, least);
    return false;
  }

 private:
  static constexpr std::uint64_t least = 500;
  static constexpr std::uint64_t most = 20'000;
  std::uint64_t nanoseconds_ = 4000;
};

}  // namespace thrum
