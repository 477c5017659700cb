#include "thrum/runtime/process/pool_core_internal.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/runtime/cgroup_internal.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process/process_role_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum::pool_detail {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int max_workers = 1024;
constexpr milliseconds exit_grace(1000);

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
  require_init();
  const int cpus = available_cpus();
  if (options.workers == 0) options.workers = cpus;
  if (options.threads_per_worker == 0) options.threads_per_worker = std::max(1, cpus / options.workers);
  return options;
}

}  // namespace

Core::Core(PoolOptions options, WireWriter initializer)
    : options_(checked(std::move(options))),
      bell_memory_(create_shared("thrum-bell", sizeof(PoolBell))),
      bell_(bell_memory_.get()),
      owner_(::getpid()),
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
  thread_ = std::make_unique<std::thread>([this] { serve(); });
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
  return std::ranges::all_of(workers_, [](const auto& worker) {
    return worker->process() != nullptr && worker->is_ready() && worker->n_tasks() == 0;
  });
}

bool Core::is_idle() {
  return waiting_.empty() && std::ranges::all_of(workers_, [](const auto& worker) { return worker->n_tasks() == 0; });
}

void Core::shut_down() {
  if (::getpid() != owner_) {
    // A copy of the process, made by fork, has neither the thread, which can be neither joined nor detached there, nor
    // the workers as its children.
    static_cast<void>(thread_.release());
    return;
  }
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
  thread_->join();
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
