#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/runtime/process/pool_worker_handle_internal.h"

namespace thrum::pool_detail {

/// How soon to look again when an idle worker could take tasks from another.
inline constexpr std::chrono::milliseconds rebalance_time(1);

/// What messages call the place.
inline constexpr const char* where = "ProcessPool";

/// A task to be kept: bytes that are too long for a ring go to a memfd. Throws invalid_argument for too many
/// descriptors; io.
WaitingTask packed(Ticket ticket, ByteSpan bytes, std::vector<UniqueFd> descriptors);
void fail(const Ticket& ticket, std::exception_ptr error);
std::exception_ptr cancelled(std::size_t index);

/// The initializer's result: none that anybody wants.
class Initialised final : public Call {
 public:
  void complete(std::size_t, WireReader&) override {}
  void fail(std::size_t, std::exception_ptr error) noexcept override { failure = std::move(error); }
  std::exception_ptr failure;
};

/// The pool without its templates. Results are taken by the threads that wait for some (attend); where nobody waits, by
/// the pool's own thread, which otherwise starts workers and sees to those that ended. Thread-safe.
class Core {
 public:
  /// `initializer`: what every worker runs first; none where it has no bytes. Throws invalid_argument; io.
  Core(PoolOptions options, WireWriter initializer);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  int workers() const noexcept { return options_.workers; }
  std::vector<pid_t> pids() THRUM_EXCLUDES(mutex_);
  bool is_ready() THRUM_REQUIRES(mutex_);
  bool is_idle() THRUM_REQUIRES(mutex_);

  /// Takes the task's bytes and descriptors. Throws io; whatever broke the pool.
  void submit(std::shared_ptr<Call> call, std::size_t index, WireWriter& task) THRUM_EXCLUDES(mutex_);
  /// Takes results until `done`, which is asked with the pool locked, or a stop is requested, or `deadline`. Throws
  /// what broke the pool.
  void attend(FunctionRef<bool()> done, const std::stop_token& stop,
              std::optional<std::chrono::steady_clock::time_point> deadline = {}) THRUM_EXCLUDES(mutex_);
  /// As attend, until no task waits for a place at a worker.
  void wait_for_room(FunctionRef<bool()> done, const std::stop_token& stop) THRUM_EXCLUDES(mutex_);
  /// The tasks of a call that have not begun, from an index on, fail with cancelled.
  void abandon(const Call& call, std::size_t from) THRUM_EXCLUDES(mutex_);
  /// Those that run as well, after a short while, with their workers. Returns when none is left.
  void cancel(const Call& call) THRUM_EXCLUDES(mutex_);
  /// Fails all tasks and ends the workers.
  void shut_down() THRUM_EXCLUDES(mutex_);

  /// For conditions that attend asks.
  Mutex& mutex() THRUM_THREAD_ANNOTATION(lock_returned(mutex_)) { return mutex_; }

 private:
  using Worker = WorkerHandle;

  // Tasks
  bool dispatch(const Ticket& ticket, ByteSpan bytes, std::vector<UniqueFd>& descriptors, bool spilled)
      THRUM_REQUIRES(mutex_);
  void dispatch_waiting() THRUM_REQUIRES(mutex_);
  void rebalance() THRUM_REQUIRES(mutex_);
  bool idles_beside_queue() const THRUM_REQUIRES(mutex_);
  void put_in_front(std::vector<WaitingTask> tasks) THRUM_REQUIRES(mutex_);
  std::size_t depth() const THRUM_REQUIRES(mutex_);

  // Results
  bool take_results() THRUM_REQUIRES(mutex_);
  bool take_results_of(Worker& worker) THRUM_REQUIRES(mutex_);
  void deliver(Worker::Result result) THRUM_REQUIRES(mutex_);
  void announce() THRUM_REQUIRES(mutex_);
  bool runs(const Call& call) THRUM_REQUIRES(mutex_);

  // Workers
  void serve() THRUM_EXCLUDES(mutex_);
  bool serve_once() THRUM_EXCLUDES(mutex_);
  void start_missing() THRUM_EXCLUDES(mutex_);
  void wait_for_event() THRUM_EXCLUDES(mutex_);
  void see_to_the_dead() THRUM_REQUIRES(mutex_);
  void bury(std::unique_ptr<Worker>& worker, ProcessEnd end) THRUM_REQUIRES(mutex_);
  void retry(Worker& fresh, WaitingTask task, ProcessEnd end, Worker::Doom doom) THRUM_REQUIRES(mutex_);
  std::unique_ptr<Worker> make_worker() THRUM_REQUIRES(mutex_);
  std::optional<std::chrono::nanoseconds> kill_late_workers() THRUM_REQUIRES(mutex_);
  void break_with(std::exception_ptr error) THRUM_REQUIRES(mutex_);
  void kick() noexcept;

  PoolOptions options_;
  UniqueFd bell_memory_;
  SharedMapping<PoolBell> bell_;
  pid_t owner_;     ///< a process that was forked from it has nothing to say here
  UniqueFd event_;  ///< readable: the pool's thread should look
  WaitingTask initializer_;

  Mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_ THRUM_GUARDED_BY(mutex_);
  std::deque<WaitingTask> waiting_ THRUM_GUARDED_BY(mutex_);
  double mean_nanoseconds_ THRUM_GUARDED_BY(mutex_) = 1e6;  ///< of a task, lately
  int early_deaths_ THRUM_GUARDED_BY(mutex_) = 0;           ///< of workers that did nothing, in a row
  std::uint64_t oom_kills_ THRUM_GUARDED_BY(mutex_) = 0;    ///< that the kernel had counted so far
  std::exception_ptr broken_ THRUM_GUARDED_BY(mutex_);
  bool stopping_ THRUM_GUARDED_BY(mutex_) = false;

  std::unique_ptr<std::thread> thread_;
};

}  // namespace thrum::pool_detail
