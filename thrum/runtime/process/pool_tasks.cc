#include "thrum/runtime/process/pool_core_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "thrum/core/error.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/process/spin_internal.h"

namespace thrum::pool_detail {
namespace {

/// A worker has enough tasks for so long: the pool's process need not run more often than that.
constexpr double lookahead_nanoseconds = 1e6;
constexpr std::size_t max_depth = 1024;
/// Tasks are taken back from a busy worker for an idle one when they would wait for longer than this.
constexpr double worth_moving_nanoseconds = 1e5;
constexpr std::chrono::milliseconds cancel_grace(50);

/// How many of its tasks another worker could take.
std::size_t queued(const std::unique_ptr<WorkerHandle>& worker) {
  return worker->is_closed() ? 0 : worker->n_tasks() - std::min(worker->n_tasks(), worker->n_begun());
}

}  // namespace

WaitingTask packed(Ticket ticket, ByteSpan bytes, std::vector<UniqueFd> descriptors) {
  WaitingTask task{std::move(ticket), {}, std::move(descriptors)};
  if (bytes.size() > max_record_bytes) {
    task.descriptors.push_back(share_bytes("thrum-task", bytes));
    task.spilled = true;
  } else {
    task.bytes.assign(bytes.begin(), bytes.end());
  }
  if (task.descriptors.size() > max_packet_descriptors) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[ProcessPool] a task may carry {} descriptors (shared arrays, locks, ...), got {}",
                            max_packet_descriptors, task.descriptors.size()));
  }
  return task;
}

std::size_t Core::depth() const {
  return std::clamp(static_cast<std::size_t>(lookahead_nanoseconds / mean_nanoseconds_), std::size_t{2}, max_depth);
}

bool Core::dispatch(const Ticket& ticket, ByteSpan bytes, std::vector<UniqueFd>& descriptors, bool spilled) {
  Worker* best = nullptr;
  for (const auto& worker : workers_) {
    if (worker->is_closed()) continue;
    if (best == nullptr || worker->n_tasks() < best->n_tasks()) best = worker.get();
  }
  if (best == nullptr || best->n_tasks() >= depth()) return false;
  if (!best->send(ticket, bytes, descriptors, spilled)) return false;
  const auto limit = static_cast<std::uint64_t>(options_.max_tasks_per_child);
  const std::uint64_t own = initializer_.ticket.call ? 1 : 0;
  if (limit > 0 && best->n_sent() - own >= limit) best->close();
  return true;
}

void Core::dispatch_waiting() {
  while (!waiting_.empty()) {
    WaitingTask& task = waiting_.front();
    if (!dispatch(task.ticket, task.bytes, task.descriptors, task.spilled)) return;
    waiting_.pop_front();
  }
}

void Core::put_in_front(std::vector<WaitingTask> tasks) {
  waiting_.insert(waiting_.begin(), std::make_move_iterator(tasks.begin()), std::make_move_iterator(tasks.end()));
}

/// An idle worker gets tasks that another has not begun: towards the end of the work, and when they wait behind a long
/// one.
void Core::rebalance() {
  if (!idles_beside_queue()) return;
  const auto fullest = std::ranges::max_element(workers_, {}, queued);
  const std::uint64_t began = (*fullest)->began();
  const double running = began == 0 ? 0 : static_cast<double>(monotonic_nanoseconds() - began);
  const double wait = std::max(static_cast<double>(queued(*fullest)) * mean_nanoseconds_, running);
  if ((*fullest)->is_ready() && wait < worth_moving_nanoseconds) return;
  put_in_front((*fullest)->take_back());
  dispatch_waiting();
}

/// Whether one worker has nothing to do while tasks wait at another.
bool Core::idles_beside_queue() const {
  const auto is_idle = [](const auto& worker) {
    return worker->n_tasks() == 0 && worker->is_ready() && !worker->is_closed();
  };
  return waiting_.empty() && std::ranges::any_of(workers_, is_idle) &&
         std::ranges::any_of(workers_, [](const auto& worker) { return queued(worker) > 0; });
}

void Core::submit(std::shared_ptr<Call> call, std::size_t index, WireWriter& task) {
  std::vector<UniqueFd> descriptors = task.take_descriptors();
  const bool is_timed = call->timeout.has_value();
  if (is_timed && call->timeout->count() <= 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[ProcessPool] timeout must be positive, got {} ms", call->timeout->count()));
  }
  Ticket ticket{std::move(call), index};
  {
    MutexLock lock(mutex_);
    if (broken_) std::rethrow_exception(broken_);
    const bool is_small = task.bytes().size() <= max_record_bytes && descriptors.size() < max_packet_descriptors;
    if (!is_small || !waiting_.empty() || !dispatch(ticket, task.bytes(), descriptors, false)) {
      waiting_.push_back(packed(std::move(ticket), task.bytes(), std::move(descriptors)));
      dispatch_waiting();
    }
  }
  if (is_timed) kick();
}

bool Core::runs(const Call& call) {
  return std::ranges::any_of(
      workers_, [&](const auto& worker) { return worker->n_tasks() > 0 && worker->front().call.get() == &call; });
}

void Core::abandon(const Call& call, std::size_t from) {
  MutexLock lock(mutex_);
  for (const auto& worker : workers_) put_in_front(worker->take_back());
  std::erase_if(waiting_, [&](const WaitingTask& task) {
    if (task.ticket.call.get() != &call || task.ticket.index < from) return false;
    fail(task.ticket, cancelled(task.ticket.index));
    return true;
  });
  dispatch_waiting();
}

void Core::cancel(const Call& call) {
  abandon(call, 0);
  const auto is_gone = [&] {
    mutex_.assume_held();
    return !runs(call);
  };
  attend(is_gone, {}, std::chrono::steady_clock::now() + cancel_grace);
  {
    MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
      if (worker->n_tasks() > 0 && worker->front().call.get() == &call) worker->kill(Worker::Doom::cancelled);
    }
  }
  attend(is_gone, {});
}

}  // namespace thrum::pool_detail
