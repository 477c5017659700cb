#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace thrum {

/// A word on which threads of several processes wait (futex(2)). It lies in shared memory.
using FutexWord = std::atomic<std::uint32_t>;
static_assert(FutexWord::is_always_lock_free && sizeof(FutexWord) == sizeof(std::uint32_t));

/// Sleeps while `word` is `expected`, until a wake, a signal or the end of `time`. Wakes may be spurious.
void futex_wait(const FutexWord& word, std::uint32_t expected,
                std::optional<std::chrono::nanoseconds> time = std::nullopt) noexcept;

/// Wakes `count` of those who wait.
void futex_wake(FutexWord& word, int count) noexcept;
inline void futex_wake_all(FutexWord& word) noexcept {
  futex_wake(word, std::numeric_limits<int>::max());
}

}  // namespace thrum
