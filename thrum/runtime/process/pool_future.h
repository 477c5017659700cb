#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "thrum/runtime/process/pool_call.h"

namespace thrum {

/// What will come of one task in a pool. Movable; its functions are not thread-safe.
template <class R>
class Future {
 public:
  Future(std::shared_ptr<pool_detail::Core> core, std::shared_ptr<pool_detail::Results<R>> results)
      : core_(std::move(core)), results_(std::move(results)) {}

  /// Waits. Throws TaskFailed; cancelled when a stop is requested meanwhile, or the pool has ended; invalid_argument
  /// the second time.
  R get(const std::stop_token& stop = {}) {
    if (std::exchange(is_taken_, true)) pool_detail::throw_taken();
    bool is_done = false;
    pool_detail::attend(*core_, [&] { return is_done = results_->n_done() == 1; }, stop);
    if (!is_done) pool_detail::throw_cancelled();
    if constexpr (std::is_void_v<R>) {
      results_->take(0);
    } else {
      return results_->take(0);
    }
  }

  /// Whether the result is there within `time`.
  bool wait_for(std::chrono::nanoseconds time) {
    return pool_detail::attend_for(*core_, [&] { return results_->n_done() == 1; }, time);
  }
  bool ready() { return wait_for(std::chrono::nanoseconds(0)); }

  /// Fails with cancelled, if it is not done: a task that runs is killed with its worker.
  void cancel() { pool_detail::cancel(*core_, *results_); }

 private:
  std::shared_ptr<pool_detail::Core> core_;
  std::shared_ptr<pool_detail::Results<R>> results_;
  bool is_taken_ = false;
};

}  // namespace thrum
