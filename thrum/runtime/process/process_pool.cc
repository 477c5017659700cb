#include "thrum/runtime/process/process_pool.h"

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/runtime/process/pool_core_internal.h"

namespace thrum {
namespace pool_detail {

void submit(Core& core, std::shared_ptr<Call> call, std::size_t index, WireWriter& task) {
  core.submit(std::move(call), index, task);
}

void attend(Core& core, FunctionRef<bool()> done, const std::stop_token& stop) {
  core.attend(done, stop);
}

void wait_for_room(Core& core, FunctionRef<bool()> done, const std::stop_token& stop) {
  core.wait_for_room(done, stop);
}

bool attend_for(Core& core, FunctionRef<bool()> done, std::chrono::nanoseconds time) {
  bool is_done = false;
  constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 365 * 100);  // sums of times must not overflow
  const auto deadline = std::chrono::steady_clock::now() + std::min(time, longest);
  core.attend([&] { return is_done = done(); }, {}, deadline);
  return is_done;
}

void cancel(Core& core, const Call& call) {
  core.cancel(call);
}

void abandon(Core& core, const Call& call, std::size_t from) {
  core.abandon(call, from);
}

void throw_taken() {
  throw Error(ErrorCode::invalid_argument, "[ProcessPool] the result of a future was taken already");
}

void throw_cancelled() {
  throw Error(ErrorCode::cancelled, "[ProcessPool] a stop was requested before the work was done");
}

}  // namespace pool_detail

ProcessPool::ProcessPool(PoolOptions options) : ProcessPool(std::move(options), WireWriter()) {}

ProcessPool::ProcessPool(PoolOptions options, WireWriter initializer)
    : core_(std::make_shared<pool_detail::Core>(std::move(options), std::move(initializer))) {}

ProcessPool::~ProcessPool() {
  core_->shut_down();
}

int ProcessPool::workers() const noexcept {
  return core_->workers();
}

std::vector<pid_t> ProcessPool::pids() const {
  return core_->pids();
}

void ProcessPool::wait_until_ready() {
  core_->attend(
      [&] {
        core_->mutex().assume_held();
        return core_->is_ready();
      },
      {});
}

void ProcessPool::join() {
  core_->attend(
      [&] {
        core_->mutex().assume_held();
        return core_->is_idle();
      },
      {});
}

}  // namespace thrum
