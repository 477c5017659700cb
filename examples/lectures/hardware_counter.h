#pragma once

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "thrum/runtime/unique_fd.h"

namespace lesson {

/// Counts the cache misses of this thread, and of those that it starts, from its making on. Many virtual machines and
/// containers do not allow it.
class CacheMisses {
 public:
  CacheMisses() {
    perf_event_attr what{};
    what.size = sizeof what;
    what.type = PERF_TYPE_HARDWARE;
    what.config = PERF_COUNT_HW_CACHE_MISSES;
    what.inherit = 1;
    what.exclude_kernel = 1;
    counter_.reset(static_cast<int>(::syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  }

  /// None where they cannot be counted.
  std::optional<std::uint64_t> count() const {
    std::uint64_t misses = 0;
    if (!counter_ || ::read(counter_.get(), &misses, sizeof misses) != sizeof misses) return std::nullopt;
    return misses;
  }

 private:
  thrum::UniqueFd counter_;
};

}  // namespace lesson
