#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string_view>

#include "thrum/runtime/job_count.h"
#include "thrum/runtime/progress.h"

namespace thrum {

/// Where the tasks of a Parallel run.
enum class ParallelBackend {
  sequential,  ///< in the calling thread, in order
  threads,     ///< on the cores, where nested calls share the places: for tasks that compute
  blocking,    ///< in as many threads as there are jobs, far more than cores if wished: for tasks that wait
};

struct ParallelOptions {
  /// Tasks that run at once. "auto" is -1, and with `blocking` the CPUs and 4, but 32 at most. 1 runs in the caller.
  JobCount n_jobs = -1;
  ParallelBackend backend = ParallelBackend::threads;
  /// How long a task may take. A thread cannot be ended: a task that takes longer fails, the call begins no more tasks,
  /// and returns when those that run have ended.
  std::optional<std::chrono::duration<double>> timeout = {};
  Progress* progress = nullptr;         ///< told at most 10 times a second, and at the end; may be null
  std::string_view stage = "parallel";  ///< what `progress` is told that this is; must outlive the call
  std::stop_token stop = {};            ///< once requested, calls throw cancelled
  /// Batches that a stream may have begun and its reader not taken; 0: 2 * n_jobs.
  std::size_t pre_dispatch = 0;
  /// Tasks that are handed out together; 0: as many as take about a millisecond, by what they took before.
  std::size_t batch_size = 0;
};

}  // namespace thrum
