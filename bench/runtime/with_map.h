#pragma once

#include <string>

#include "thrum/runtime/parallel_calls.h"
#include "thrum/runtime/parallel_processes.h"
#include "thrum/runtime/process/process_pool.h"

namespace thrum::bench {

/// body(map), where map(f, items) is that of Parallel ("threads"), ParallelProcesses ("processes") or ProcessPool
/// ("pool").
template <class Body>
std::string with_map(const std::string& kind, int workers, Body&& body) {
  const auto run = [&](auto& where) {
    return body([&](const auto& f, const auto& items) { return where.map(f, items); });
  };
  if (kind == "threads") {
    Parallel parallel({.n_jobs = workers});
    return run(parallel);
  }
  if (kind == "processes") {
    ParallelProcesses parallel({.n_jobs = workers});
    return run(parallel);
  }
  ProcessPool pool({.workers = workers});
  pool.wait_until_ready();
  return run(pool);
}

}  // namespace thrum::bench
