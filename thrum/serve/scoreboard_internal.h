#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "thrum/runtime/unique_fd.h"

namespace thrum::serving {

/// What supervisor and workers tell each other, in memory that they share. Each worker writes to its own slot.
/// Thread-safe.
class Scoreboard {
 public:
  struct alignas(64) Slot {
    std::atomic<std::int64_t> heartbeat_ns;  ///< of the monotonic clock
    std::atomic<std::int64_t> ready_pid;     ///< the worker that serves; 0 before
  };

  /// A new one. Throws io.
  explicit Scoreboard(int n_slots);
  /// The one behind `memory` (the fd of another). Throws io.
  explicit Scoreboard(UniqueFd memory);
  ~Scoreboard();
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;

  int fd() const noexcept { return memory_.get(); }
  int n_slots() const noexcept { return n_slots_; }
  /// REQUIRES: 0 <= index < n_slots().
  Slot& slot(int index) noexcept { return slots_[index + 1]; }

  /// The whole server stops, not one worker only.
  bool stopping() const noexcept { return slots_[0].ready_pid.load(std::memory_order_acquire) != 0; }
  void set_stopping() noexcept { slots_[0].ready_pid.store(1, std::memory_order_release); }

 private:
  void map();

  UniqueFd memory_;
  int n_slots_ = 0;
  Slot* slots_ = nullptr;  // the first belongs to the supervisor
};

}  // namespace thrum::serving
