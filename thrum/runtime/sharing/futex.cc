#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "thrum/runtime/sharing/futex_internal.h"

namespace thrum {

void futex_wait(const FutexWord& word, std::uint32_t expected, std::optional<std::chrono::nanoseconds> time) noexcept {
  timespec limit{};
  if (time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
    limit = {seconds.count(), (*time - seconds).count()};
  }
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, time ? &limit : nullptr, nullptr, 0);
}

void futex_wake(FutexWord& word, int count) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

}  // namespace thrum
