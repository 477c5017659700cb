#include "thrum/runtime/pool_core_internal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "thrum/core/error.h"
#include "thrum/runtime/cgroup_internal.h"
#include "thrum/runtime/descriptor_socket_internal.h"
#include "thrum/runtime/init.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process_role_internal.h"
#include "thrum/runtime/relax_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum::pool_detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr int max_workers = 1024;
constexpr int max_deaths = 3;  ///< of processes that ran a task
constexpr int max_early_deaths = 3;
/// A worker has enough tasks for so long: the pool's process need not run more often than that.
constexpr double lookahead_nanoseconds = 1e6;
constexpr std::size_t max_depth = 1024;
/// Tasks are taken back from a busy worker for an idle one when they would wait for longer than this.
constexpr double worth_moving_nanoseconds = 1e5;
constexpr int spins_before_sleep = 200;
constexpr milliseconds cancel_grace(50);
constexpr milliseconds exit_grace(1000);

const char* const where = "ProcessPool";

PoolOptions checked(PoolOptions options) {
  if (options.workers < 0 || options.workers > max_workers) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[ProcessPool] workers must lie in [0, {}], got {}", max_workers, options.workers),
                "0 takes as many as the process may use CPUs");
  }
  if (options.threads_per_worker < 0 || options.max_tasks_per_child < 0) {
    throw Error(ErrorCode::invalid_argument,
                "[ProcessPool] threads_per_worker and max_tasks_per_child must not be negative");
  }
  if (options.start == StartMethod::fork) {
    throw Error(ErrorCode::invalid_argument, "[ProcessPool] workers cannot be forked: the pool has a thread of its own",
                "use StartMethod::fork_server");
  }
  if (!is_initialised()) {
    throw Error(ErrorCode::invalid_argument, "[process] thrum::init(argc, argv) was not called",
                "make it the first line of main: a new process runs the same program");
  }
  const int cpus = available_cpus();
  if (options.workers == 0) options.workers = cpus;
  if (options.threads_per_worker == 0) options.threads_per_worker = std::max(1, cpus / options.workers);
  return options;
}

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

std::exception_ptr cancelled(std::size_t index) {
  return std::make_exception_ptr(
      TaskFailed(where, index, ErrorCode::cancelled, "it was cancelled before it had ended"));
}

std::exception_ptr remote_failure(std::size_t index, WireReader& reader) {
  const auto failure = reader.read<RemoteFailure>();
  return std::make_exception_ptr(
      TaskFailed(where, index, static_cast<ErrorCode>(failure.code), failure.message, failure.hint));
}

void fail(const Ticket& ticket, std::exception_ptr error) {
  ticket.call->fail(ticket.index, std::move(error));
}

/// The initializer's result: none that anybody wants.
class Initialised final : public Call {
 public:
  void complete(std::size_t, WireReader&) override {}
  void fail(std::size_t, std::exception_ptr error) noexcept override { failure = std::move(error); }
  std::exception_ptr failure;
};

}  // namespace

Core::Core(PoolOptions options, WireWriter initializer)
    : options_(checked(std::move(options))),
      bell_memory_(create_shared("thrum-bell", sizeof(PoolBell))),
      bell_(bell_memory_.get()),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      oom_kills_(count_oom_kills()) {
  if (!event_) throw_io("[ProcessPool] cannot make an event");
  if (!initializer.bytes().empty()) {
    std::vector<UniqueFd> descriptors = initializer.take_descriptors();
    initializer_ =
        packed({.call = std::make_shared<Initialised>(), .stays = true}, initializer.bytes(), std::move(descriptors));
  }
  {
    MutexLock lock(mutex_);
    for (int i = 0; i < options_.workers; ++i) workers_.push_back(make_worker());
  }
  thread_ = std::thread([this] { serve(); });
}

Core::~Core() {
  shut_down();
}

std::vector<pid_t> Core::pids() {
  MutexLock lock(mutex_);
  std::vector<pid_t> pids;
  for (const auto& worker : workers_) {
    if (const Process* process = worker->process()) pids.push_back(process->pid());
  }
  return pids;
}

bool Core::is_ready() {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->is_ready() && worker->n_tasks() == 0; });
}

bool Core::is_idle() {
  return waiting_.empty() && std::ranges::all_of(workers_, [](const auto& worker) { return worker->n_tasks() == 0; });
}

// ---- tasks

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

/// Towards the end of the work: an idle worker gets tasks that another has not begun.
void Core::rebalance() {
  if (!waiting_.empty()) return;
  const auto is_idle = [](const auto& worker) { return worker->n_tasks() == 0 && !worker->is_closed(); };
  if (std::ranges::none_of(workers_, is_idle)) return;
  const auto fullest = std::ranges::max_element(workers_, {}, [](const auto& worker) { return worker->n_tasks(); });
  const std::size_t queued = (*fullest)->n_tasks() - std::min((*fullest)->n_tasks(), (*fullest)->n_begun());
  if (queued == 0 || (*fullest)->is_closed()) return;
  if (static_cast<double>(queued) * mean_nanoseconds_ < worth_moving_nanoseconds) return;
  put_in_front((*fullest)->take_back());
  dispatch_waiting();
}

void Core::submit(std::shared_ptr<Call> call, std::size_t index, WireWriter& task) {
  std::vector<UniqueFd> descriptors = task.take_descriptors();
  const bool is_timed = call->timeout.has_value();
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

// ---- results

bool Core::take_results() {
  bool any = false;
  for (const auto& worker : workers_) any = take_results_of(*worker) || any;
  if (!any) return false;
  dispatch_waiting();
  rebalance();
  return true;
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
    if (result.kind == ResultKind::failure) {
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
  for (;;) {
    const std::uint32_t seen = bell.rings;
    {
      MutexLock lock(mutex_);
      const bool any = take_results();
      if (done() || stop.stop_requested()) return;
      if (broken_) std::rethrow_exception(broken_);
      if (any && bell.attended > 1) announce();
    }
    if (deadline && Clock::now() >= *deadline) return;
    for (int i = 0; i < spins_before_sleep && bell.rings == seen; ++i) relax();
    if (bell.rings != seen) continue;
    bell.asleep = 1;
    futex_wait(bell.rings, seen, deadline ? std::optional<nanoseconds>(*deadline - Clock::now()) : std::nullopt);
  }
}

void Core::wait_for_room(FunctionRef<bool()> done, const std::stop_token& stop) {
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) return;
  }
  attend([&]() THRUM_REQUIRES(mutex_) { return waiting_.empty() || done(); }, stop);
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
  const auto is_gone = [&]() THRUM_REQUIRES(mutex_) { return !runs(call); };
  attend(is_gone, {}, Clock::now() + cancel_grace);
  {
    MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
      if (worker->n_tasks() > 0 && worker->front().call.get() == &call) worker->kill(Worker::Doom::cancelled);
    }
  }
  attend(is_gone, {});
}

// ---- workers

std::unique_ptr<WorkerHandle> Core::make_worker() {
  auto worker = std::make_unique<Worker>();
  if (initializer_.ticket.call) {
    std::vector<UniqueFd> copies;
    for (const UniqueFd& fd : initializer_.descriptors) copies.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    worker->send(initializer_.ticket, initializer_.bytes, copies, initializer_.spilled);
  }
  return worker;
}

void Core::start_missing() {
  const std::vector<std::pair<std::string, std::string>> environment = {
      {"THRUM_NUM_THREADS", std::to_string(options_.threads_per_worker)}};
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
  }
}

void Core::wait_for_event() {
  std::vector<pollfd> events = {{event_.get(), POLLIN, 0}};
  std::optional<nanoseconds> until_late;
  {
    MutexLock lock(mutex_);
    until_late = kill_late_workers();
    for (const auto& worker : workers_) {
      if (const Process* process = worker->process()) events.push_back({process->pidfd(), POLLIN, 0});
    }
  }
  const int time = until_late ? static_cast<int>(std::chrono::ceil<milliseconds>(*until_late).count()) : -1;
  ::poll(events.data(), events.size(), time);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
}

/// Kills workers whose task has run for too long; says when to look again.
std::optional<nanoseconds> Core::kill_late_workers() {
  std::optional<nanoseconds> soonest;
  const auto now = static_cast<std::int64_t>(monotonic_nanoseconds());
  for (const auto& worker : workers_) {
    if (worker->n_tasks() == 0 || !worker->front().call->timeout) continue;
    const nanoseconds limit = *worker->front().call->timeout;
    const auto began = static_cast<std::int64_t>(worker->began());
    const nanoseconds left = began == 0 ? limit : nanoseconds(began - now) + limit;
    if (left.count() <= 0 && worker->n_begun() > 0) worker->kill(Worker::Doom::timed_out);
    const nanoseconds wait = std::max<nanoseconds>(left, milliseconds(1));
    if (!soonest || wait < *soonest) soonest = wait;
  }
  return soonest;
}

void Core::serve() {
  for (;;) {
    try {
      start_missing();
    } catch (...) {
      MutexLock lock(mutex_);
      break_with(std::current_exception());
    }
    wait_for_event();
    MutexLock lock(mutex_);
    if (stopping_) return;
    const bool is_attended = bell_->attended != 0;
    if (!is_attended) take_results();
    see_to_the_dead();
  }
}

void Core::see_to_the_dead() {
  for (auto& worker : workers_) {
    Process* process = worker->process();
    if (process == nullptr) continue;
    if (const auto end = process->wait_for(milliseconds(0))) bury(worker, *end);
  }
}

void Core::bury(std::unique_ptr<Worker>& worker, ProcessEnd end) {
  take_results_of(*worker);  // what it had done stays done
  const bool ran_one = worker->n_tasks() > 0 && worker->n_begun() > 0;
  const Worker::Doom doom = worker->doom();
  std::vector<WaitingTask> left = worker->take_all();
  if (!worker->is_ready()) ++early_deaths_;
  worker = make_worker();
  std::optional<WaitingTask> suspect;
  if (ran_one) {
    suspect.emplace(std::move(left.front()));
    left.erase(left.begin());
  }
  std::erase_if(left, [&](const WaitingTask& task) { return task.ticket.call == initializer_.ticket.call; });
  put_in_front(std::move(left));
  if (suspect) retry(*worker, std::move(*suspect), end, doom);
  if (early_deaths_ >= max_early_deaths) {
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

void Core::shut_down() {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    take_results();
    stopping_ = true;
    if (!broken_) {
      break_with(std::make_exception_ptr(Error(ErrorCode::cancelled, "[ProcessPool] the pool has ended")));
    }
    for (const auto& worker : workers_) {
      worker->close();
      for (const WaitingTask& task : worker->take_all()) fail(task.ticket, broken_);
    }
  }
  kick();
  thread_.join();
  MutexLock lock(mutex_);
  const auto deadline = Clock::now() + exit_grace;
  for (const auto& worker : workers_) {
    Process* process = worker->process();
    if (process == nullptr) continue;
    if (worker->n_begun() > 0) process->kill();
    process->wait_for(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
  }
  workers_.clear();
}

}  // namespace thrum::pool_detail
