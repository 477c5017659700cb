#include "thrum/runtime/process/pool_core_internal.h"

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/runtime/process/spin_internal.h"

namespace thrum::pool_detail {
namespace {

using Clock = std::chrono::steady_clock;

std::exception_ptr remote_failure(std::size_t index, WireReader& reader) {
  const auto failure = reader.read<RemoteFailure>();
  return std::make_exception_ptr(
      TaskFailed(where, index, static_cast<ErrorCode>(failure.code), failure.message, failure.hint));
}

}  // namespace

void fail(const Ticket& ticket, std::exception_ptr error) {
  ticket.call->fail(ticket.index, std::move(error));
}

std::exception_ptr cancelled(std::size_t index) {
  return std::make_exception_ptr(
      TaskFailed(where, index, ErrorCode::cancelled, "it was cancelled before it had ended"));
}

bool Core::take_results() {
  bool any = false;
  for (const auto& worker : workers_) any = take_results_of(*worker) || any;
  if (any) dispatch_waiting();
  rebalance();
  return any;
}

bool Core::take_results_of(Worker& worker) {
  bool any = false;
  try {
    while (std::optional<Worker::Result> result = worker.take_result()) {
      any = true;
      deliver(std::move(*result));
    }
    worker.free_results();
  } catch (const Error&) {
    worker.kill(Worker::Doom::none);  // it wrote nonsense: its task is run again elsewhere
  }
  return any;
}

void Core::deliver(Worker::Result result) {
  const std::size_t index = result.ticket.index;
  WireReader reader(result.bytes, std::move(result.descriptors));
  try {
    if (broken_) {
      fail(result.ticket, broken_);
    } else if (result.kind == ResultKind::failure) {
      fail(result.ticket, remote_failure(index, reader));
    } else {
      result.ticket.call->complete(index, reader);
    }
  } catch (...) {
    fail(result.ticket, std::make_exception_ptr(TaskFailed(where, index, std::current_exception())));
  }
  if (result.ticket.call == initializer_.ticket.call) {
    const auto& initialised = static_cast<const Initialised&>(*result.ticket.call);
    if (initialised.failure) break_with(initialised.failure);
    return;
  }
  early_deaths_ = 0;
  mean_nanoseconds_ += (static_cast<double>(result.duration.count()) - mean_nanoseconds_) / 8;
}

/// Wakes whoever sleeps in attend: what he waits for may have come.
void Core::announce() {
  bell_->rings.fetch_add(1);
  if (bell_->asleep.exchange(0) != 0) futex_wake_all(bell_->rings);
}

void Core::attend(FunctionRef<bool()> done, const std::stop_token& stop, std::optional<Clock::time_point> deadline) {
  struct Attendance {
    explicit Attendance(Core& core) : core_(core) { core.bell_->attended.fetch_add(1); }
    ~Attendance() {
      if (core_.bell_->attended.fetch_sub(1) != 1) return;
      MutexLock lock(core_.mutex_);
      if (!core_.is_idle()) core_.kick();  // its thread takes over
    }
    Core& core_;
  } attendance(*this);
  const std::stop_callback on_stop(stop, [this] {
    MutexLock lock(mutex_);
    announce();
  });
  PoolBell& bell = *bell_.get();
  thread_local Spin spin;
  for (;;) {
    const std::uint32_t seen = bell.rings;
    std::optional<std::chrono::nanoseconds> time;
    {
      MutexLock lock(mutex_);
      const bool any = take_results();
      if (done() || stop.stop_requested()) return;
      if (broken_) std::rethrow_exception(broken_);
      if (any && bell.attended > 1) announce();
      if (idles_beside_queue()) time = rebalance_time;
    }
    if (deadline) {
      const std::chrono::nanoseconds left = *deadline - Clock::now();
      if (left.count() <= 0) return;
      time = time ? std::min(*time, left) : left;
    }
    if (spin([&] { return bell.rings != seen; })) continue;
    bell.asleep = 1;
    futex_wait(bell.rings, seen, time);
  }
}

void Core::wait_for_room(FunctionRef<bool()> done, const std::stop_token& stop) {
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) return;
  }
  attend(
      [&] {
        mutex_.assume_held();
        return waiting_.empty() || done();
      },
      stop);
}

}  // namespace thrum::pool_detail
