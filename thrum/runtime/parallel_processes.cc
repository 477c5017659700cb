#include "thrum/runtime/parallel_processes.h"

#include <utility>

namespace thrum {

namespace parallel_detail {
namespace {

/// Threads that wait for the workers, one each.
ParallelOptions waiting(ParallelOptions options) {
  options.n_jobs = Settings(options).jobs();
  options.backend = ParallelBackend::blocking;
  if (options.timeout) options.batch_size = 1;
  return options;
}

PoolOptions sized(PoolOptions pool, const ParallelOptions& options) {
  pool.workers = Settings(options).jobs();
  return pool;
}

/// Without "[ProcessPool] task 0: ", since the pool counts otherwise.
std::string own_words(const Error& error) {
  const std::string text = error.what();
  const std::size_t colon = text.find(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

}  // namespace

RemoteError current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return {static_cast<std::int32_t>(error.code()), error.what()};
  } catch (const std::exception& error) {
    return {static_cast<std::int32_t>(ErrorCode::remote), error.what()};
  } catch (...) {
    return {static_cast<std::int32_t>(ErrorCode::remote), "an exception that is no std::exception"};
  }
}

TaskFailed failure_of_pool(std::size_t task, const Dispatch& dispatch) {
  try {
    throw;
  } catch (const TaskFailed& failed) {
    if (failed.code() == ErrorCode::timed_out && dispatch.options().timeout) return dispatch.timed_out(task);
    return {"Parallel", task, failed.code(), own_words(failed)};
  }
}

}  // namespace parallel_detail

ParallelProcesses::ParallelProcesses(const ParallelOptions& options, PoolOptions pool)
    : BasicParallel(parallel_detail::waiting(options),
                    {std::make_shared<ProcessPool>(parallel_detail::sized(std::move(pool), options))}) {}

}  // namespace thrum
