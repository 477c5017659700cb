#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <limits>
#include <optional>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/runtime/parallel_options.h"
#include "thrum/runtime/process/task_failed.h"

/// What the templates of Parallel are made of; not for users.
namespace thrum::parallel_detail {

using Clock = std::chrono::steady_clock;

/// How many tasks to hand out together: what takes about a millisecond, grown at most twofold a step, and less near the
/// end, so that all workers end together. Not thread-safe.
class BatchSize {
 public:
  /// `fixed`: 0 adapts. `total`: none where it is not known.
  BatchSize(std::size_t fixed, std::optional<std::size_t> total, std::size_t jobs)
      : fixed_(std::min(fixed, most)), total_(total), jobs_(jobs) {}

  /// For the batch that begins with task `next`; at least 1.
  std::size_t next(std::size_t next) const;
  void learn(std::size_t size, std::chrono::duration<double> took);

 private:
  static constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();

  const std::size_t fixed_;
  const std::optional<std::size_t> total_;
  const std::size_t jobs_;
  std::size_t size_ = 1;
  std::chrono::duration<double> smoothed_{};  ///< per task; 0: nothing measured
};

/// Tasks that one thread runs one after the other.
struct Batch {
  std::size_t first = 0;
  std::size_t size = 0;
  std::size_t done = 0;
  Clock::time_point began = {};
  /// The task that runs at the moment and since when, for those who watch the time.
  std::atomic<std::size_t> task = 0;
  std::atomic<Clock::rep> task_began = 0;  ///< 0: none runs
};

/// What happens to one call besides its tasks: how many to hand out, when to stop, which failure counts, whom to tell.
/// Thread-safe.
class Dispatch {
 public:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  /// `total`: tasks; none where it is not known. `window`: batches that may be begun and not taken by the reader.
  /// `collecting`: failures are results, and end nothing.
  Dispatch(const ParallelOptions& options, int jobs, std::optional<std::size_t> total, std::size_t window,
           bool collecting);

  /// How many tasks the next batch should have; 0: none may begin now.
  std::size_t may_begin();
  /// How many batches, at most, may begin now.
  std::size_t room();
  /// So many are left in the input as `batch.size` says; 0: it is at its end. REQUIRES: may_begin() > 0, and nobody has
  /// begun since.
  void begin(Batch& batch);
  void end(Batch& batch);
  /// The reader takes a batch.
  void take();

  /// Whether the task may begin: no stop was requested, and no task before it failed.
  bool before(Batch& batch, std::size_t task);
  /// Whether the task was in time.
  bool after(Batch& batch);

  /// `what` counts unless a task before this one fails too; null stands for a stop request.
  void fail(std::size_t task, std::exception_ptr what);
  /// The same for what happens between tasks, such as in the input: those that have begun go before it.
  void fail_next(std::exception_ptr what);
  /// Nobody wants the results any more.
  void abandon();
  void count_failure() noexcept { failures_.fetch_add(1, std::memory_order_relaxed); }
  TaskFailed timed_out(std::size_t task) const;
  const ParallelOptions& options() const noexcept { return options_; }

  /// No batch will begin any more.
  bool is_over();
  /// Reports for the last time, and throws the failure if there is one. REQUIRES: nothing runs any more.
  void finish();

 private:
  void fail_overdue() THRUM_REQUIRES(mutex_);
  void record(std::size_t task, std::exception_ptr what) THRUM_REQUIRES(mutex_);
  void report(Clock::time_point now) THRUM_REQUIRES(mutex_);

  const ParallelOptions options_;
  const std::optional<std::size_t> total_;
  const std::size_t window_;
  const bool collecting_;
  const Clock::time_point began_ = Clock::now();
  std::atomic<std::size_t> failures_ = 0;
  std::atomic<std::size_t> failed_task_ = none;  // written under the mutex
  Mutex mutex_;
  std::exception_ptr failure_ THRUM_GUARDED_BY(mutex_);
  BatchSize batch_size_ THRUM_GUARDED_BY(mutex_);
  std::vector<Batch*> watched_ THRUM_GUARDED_BY(mutex_);
  std::size_t next_ THRUM_GUARDED_BY(mutex_) = 0;
  std::size_t ahead_ THRUM_GUARDED_BY(mutex_) = 0;
  std::size_t done_ THRUM_GUARDED_BY(mutex_) = 0;
  bool exhausted_ THRUM_GUARDED_BY(mutex_);
  Clock::time_point reported_ THRUM_GUARDED_BY(mutex_) = began_;
};

}  // namespace thrum::parallel_detail
