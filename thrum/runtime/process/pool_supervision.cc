#include "thrum/runtime/process/pool_core_internal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/runtime/cgroup_internal.h"
#include "thrum/runtime/process/process_role_internal.h"
#include "thrum/runtime/process/spin_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum::pool_detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int max_deaths = 3;  ///< of processes that ran a task
// Of workers that did nothing, in a row: by themselves, or killed, which may be anybody's doing.
constexpr int max_early_deaths = 3;
constexpr int max_early_kills = 100;

/// A worker that runs, and yet does not begin a task for so long after it should have, is stopped or stuck.
constexpr milliseconds time_to_begin(500);
/// What a timeout is at most, so that sums of times cannot overflow.
constexpr milliseconds longest_timeout = std::chrono::hours(24 * 365 * 100);

/// Until the worker's task has run for too long.
nanoseconds time_left(const WorkerHandle& worker) {
  const nanoseconds limit = std::min(*worker.front().call->timeout, longest_timeout);
  const std::uint64_t began = worker.began();
  const nanoseconds since(static_cast<std::int64_t>(began == 0 ? worker.came_to_front() : began));
  const nanoseconds now(static_cast<std::int64_t>(monotonic_nanoseconds()));
  return since + limit + (began == 0 ? time_to_begin : milliseconds(0)) - now;
}

}  // namespace

std::unique_ptr<WorkerHandle> Core::make_worker() {
  auto worker = std::make_unique<Worker>();
  if (initializer_.ticket.call) {
    std::vector<UniqueFd> copies;
    for (const UniqueFd& fd : initializer_.descriptors) {
      copies.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
      if (!copies.back()) throw_io("[ProcessPool] cannot give a worker what its initializer needs");
    }
    worker->send(initializer_.ticket, initializer_.bytes, copies, initializer_.spilled);
  }
  return worker;
}

void Core::start_missing() {
  const std::vector<std::pair<std::string, std::string>> environment = {
      {"THRUM_THREADS", std::to_string(options_.threads_per_worker)}};
  for (std::size_t i = 0; i < static_cast<std::size_t>(options_.workers); ++i) {
    RoleCommand command{ProcessRole::pool_worker, options_.name, environment, {}};
    {
      MutexLock lock(mutex_);
      if (stopping_ || broken_) return;
      if (workers_[i]->process() != nullptr) continue;
      command.descriptors = workers_[i]->descriptors(bell_memory_.get(), event_.get());
    }
    // Only this thread replaces workers, so that the descriptors stay.
    Process process = start_role(command, options_.start);
    MutexLock lock(mutex_);
    workers_[i]->set_process(std::move(process));
    announce();
  }
}

void Core::wait_for_event() {
  std::vector<pollfd> events = {{event_.get(), POLLIN, 0}};
  std::optional<nanoseconds> until_late;
  {
    MutexLock lock(mutex_);
    until_late = kill_late_workers();
    if (bell_->attended == 0 && idles_beside_queue()) until_late = rebalance_time;
    for (const auto& worker : workers_) {
      // Those of a broken pool are not replaced, so their ends are no news.
      const Process* process = worker->process();
      if (process != nullptr && !broken_) events.push_back({process->pidfd(), POLLIN, 0});
    }
  }
  const int time = until_late ? static_cast<int>(std::chrono::ceil<milliseconds>(*until_late).count()) : -1;
  ::poll(events.data(), events.size(), time);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
  bell_->event_sent = 0;  // before the results are looked at
}

/// Kills workers whose task has run for too long; says when to look again.
std::optional<nanoseconds> Core::kill_late_workers() {
  std::optional<nanoseconds> soonest;
  for (const auto& worker : workers_) {
    if (worker->n_tasks() == 0 || !worker->front().call->timeout || !worker->is_ready()) continue;
    const nanoseconds left = time_left(*worker);
    if (left.count() <= 0) worker->kill(worker->n_begun() > 0 ? Worker::Doom::timed_out : Worker::Doom::none);
    const nanoseconds wait = std::max<nanoseconds>(left, milliseconds(1));
    if (!soonest || wait < *soonest) soonest = wait;
  }
  return soonest;
}

void Core::serve() {
  for (bool goes_on = true; goes_on;) {
    try {
      goes_on = serve_once();
    } catch (...) {
      MutexLock lock(mutex_);
      break_with(std::current_exception());  // such as for a lack of descriptors
      goes_on = !stopping_;
    }
  }
}

bool Core::serve_once() {
  start_missing();
  wait_for_event();
  MutexLock lock(mutex_);
  if (stopping_) return false;
  if (bell_->attended == 0) take_results();
  see_to_the_dead();
  return true;
}

void Core::see_to_the_dead() {
  if (broken_) return;
  for (auto& worker : workers_) {
    Process* process = worker->process();
    if (process == nullptr) continue;
    if (const auto end = process->wait_for(milliseconds(0))) bury(worker, *end);
  }
}

void Core::bury(std::unique_ptr<Worker>& worker, ProcessEnd end) {
  std::unique_ptr<Worker> fresh = make_worker();
  take_results_of(*worker);  // what it had done stays done
  const bool ran_one = worker->n_tasks() > 0 && worker->n_begun() > 0;
  const Worker::Doom doom = worker->doom();
  std::vector<WaitingTask> left = worker->take_all();
  if (!worker->is_ready()) ++early_deaths_;
  worker = std::move(fresh);
  std::optional<WaitingTask> suspect;
  if (ran_one) {
    suspect.emplace(std::move(left.front()));
    left.erase(left.begin());
  }
  std::erase_if(left, [&](const WaitingTask& task) { return task.ticket.call == initializer_.ticket.call; });
  put_in_front(std::move(left));
  if (suspect) retry(*worker, std::move(*suspect), end, doom);
  if (early_deaths_ >= (end.signal == SIGKILL ? max_early_kills : max_early_deaths)) {
    break_with(std::make_exception_ptr(Error(
        ErrorCode::remote, fmt::format("[ProcessPool] workers end before they have done anything: {}", end.describe()),
        "see what they wrote to standard error")));
  }
  dispatch_waiting();
  announce();
}

void Core::retry(Worker& fresh, WaitingTask task, ProcessEnd end, Worker::Doom doom) {
  Ticket& ticket = task.ticket;
  const std::uint64_t oom_kills = count_oom_kills();
  const bool out_of_memory = end.signal == SIGKILL && doom == Worker::Doom::none && oom_kills > oom_kills_;
  oom_kills_ = oom_kills;
  if (ticket.call == initializer_.ticket.call) {
    ++early_deaths_;  // the fresh worker has it anyway
  } else if (doom == Worker::Doom::cancelled) {
    fail(ticket, cancelled(ticket.index));
  } else if (doom == Worker::Doom::timed_out) {
    fail(ticket, std::make_exception_ptr(
                     TaskFailed(where, ticket.index, ErrorCode::timed_out,
                                fmt::format("it ran for longer than {} ms", ticket.call->timeout->count()))));
  } else if (++ticket.deaths == max_deaths) {
    fail(ticket, std::make_exception_ptr(TaskCrashed(where, ticket.index, end, out_of_memory)));
  } else if (!fresh.send(ticket, task.bytes, task.descriptors, task.spilled)) {
    waiting_.push_front(std::move(task));
  }
}

void Core::break_with(std::exception_ptr error) {
  if (broken_) return;
  broken_ = std::move(error);
  for (const auto& worker : workers_) put_in_front(worker->take_back());
  for (const WaitingTask& task : waiting_) fail(task.ticket, broken_);
  waiting_.clear();
  announce();
}

void Core::kick() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

}  // namespace thrum::pool_detail
