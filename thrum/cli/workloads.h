#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::cli {

/// A built-in piece of work that any number of workers share.
struct Workload {
  std::string name;
  bool waits = false;  ///< for time to pass: more workers than CPUs pay
  /// Makes what it works on, and returns what does the work once with so many workers.
  std::function<std::function<void(int workers)>()> prepare;
};

const std::vector<Workload>& workloads();

/// REQUIRES: `name` is one of them.
const Workload& find_workload(std::string_view name);

}  // namespace thrum::cli
