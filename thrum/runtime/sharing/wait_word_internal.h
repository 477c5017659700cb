#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "thrum/runtime/sharing/deadline_internal.h"
#include "thrum/runtime/sharing/futex_internal.h"

namespace thrum {

/// A waiter looks for itself this often: whoever should wake it may have been killed just before.
constexpr std::chrono::milliseconds wait_slice(20);

/// On which threads of all processes wait for something to change. It lies in shared memory, and no death can lock it.
/// Notifying costs nothing while nobody waits.
class WaitWord {
 public:
  /// Calls `attempt` until it says true, and sleeps meanwhile; false when the deadline passes first.
  template <class Attempt>
  bool wait_until(const Deadline& deadline, const Attempt& attempt) {
    if (attempt()) return true;
    for (;;) {
      const std::uint32_t announced = word_.fetch_or(waiting) | waiting;
      // The mark stays when this succeeds: another may wait, and the next notification is for it.
      if (attempt()) return true;
      if (deadline.has_passed()) return false;
      futex_wait(word_, announced, deadline.left(wait_slice));
    }
  }

  /// Wakes one waiter. To be called after the change.
  void notify_one() noexcept { notify(1); }
  void notify_all() noexcept { notify(std::numeric_limits<int>::max()); }

 private:
  static constexpr std::uint32_t waiting = 1;  ///< the lowest bit: somebody waits. The others count notifications.

  void notify(int count) noexcept {
    if ((word_.load() & waiting) == 0) return;
    word_.fetch_add(1);  // takes the mark away; when two do it, one wake too many
    futex_wake(word_, count);
  }

  FutexWord word_ = 0;
};

}  // namespace thrum
