#include "thrum/runtime/advice/run_cost.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "thrum/runtime/advice/memory_traffic_internal.h"
#include "thrum/runtime/advice/process_tree_internal.h"
#include "thrum/runtime/advice/process_usage_internal.h"

namespace thrum {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds pause(10);
constexpr std::chrono::seconds grace(5);

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Sums up what is seen of a process and its descendants while they run.
class Watch {
 public:
  explicit Watch(pid_t pid) : pid_(pid) {}

  void look() {
    const std::vector<ThreadState> threads = threads_of_tree(pid_);
    if (threads.empty()) return;
    const auto any = [&](char state) {
      return std::ranges::any_of(threads, [state](const ThreadState& t) { return t.state == state; });
    };
    ++samples_;
    if (any('R')) ++running_;
    if (!any('R') && any('D')) ++storage_;
    most_threads_ = std::max(most_threads_, threads.size());
    // A thread that ends takes its count with it, so the last one seen is kept.
    std::set<pid_t> processes;
    for (const ThreadState& thread : threads) {
      queued_[thread.id] = thread.queued_seconds;
      processes.insert(thread.process);
    }
    processes_.assign(processes.begin(), processes.end());
  }

  void look_at_memory() { traffic_.sample(processes_); }

  void add_to(RunCost& cost) const {
    cost.samples = samples_;
    cost.most_threads = static_cast<int>(most_threads_);
    cost.running_share = share(running_);
    cost.storage_share = share(storage_);
    cost.touched_bytes_per_second = traffic_.bytes_per_second();
    for (const auto& [id, seconds] : queued_) cost.queued_seconds += seconds;
  }

 private:
  double share(std::size_t count) const {
    return samples_ == 0 ? 0 : static_cast<double>(count) / static_cast<double>(samples_);
  }

  pid_t pid_;
  std::size_t samples_ = 0, running_ = 0, storage_ = 0, most_threads_ = 1;
  std::map<pid_t, double> queued_;
  std::vector<pid_t> processes_;
  TrafficMeter traffic_;
};

/// Passes a stop request on: politely at first.
class Stopping {
 public:
  Stopping(const Process& process, std::stop_token stop) : process_(process), stop_(std::move(stop)) {}

  /// REQUIRES: the process has not been waited for, so that its number is not another's.
  void check() {
    if (!stop_.stop_requested()) return;
    const bool first = !asked_;
    if (first) when_ = Clock::now();
    asked_ = true;
    if (first) ::kill(-process_.pid(), SIGINT);
    if (Clock::now() - when_ > grace) ::kill(-process_.pid(), SIGKILL);
  }

 private:
  const Process& process_;
  std::stop_token stop_;
  bool asked_ = false;
  Clock::time_point when_;
};

}  // namespace

double RunCost::demanded_seconds() const noexcept {
  const auto forced = static_cast<double>(usage.forced_switches);
  const double all = forced + static_cast<double>(usage.voluntary_switches);
  return cpu_seconds() + (all > 0 ? queued_seconds * forced / all : queued_seconds);
}

double RunCost::busy_share() const noexcept {
  const double demand = demanded_seconds();
  if (demand <= 0 || wall_seconds <= 0) return 0;
  constexpr std::size_t enough_samples = 10;
  double runnable = std::min(1.0, demand / wall_seconds);
  // Several threads may have run at once, while at other times none did.
  if (most_threads > 1 && samples >= enough_samples) runnable = std::min(runnable, running_share);
  const double busy = runnable * cpu_seconds() / demand;  // without the time in which others had the CPUs
  const double waiting = 1 - runnable;
  return busy + waiting > 0 ? busy / (busy + waiting) : 0;
}

RunCost measure_run(const Command& command, std::stop_token stop) {
  const Clock::time_point begin = Clock::now();
  Process process(command);
  Watch watch(process.pid());
  Stopping stopping(process, std::move(stop));
  milliseconds next = pause;
  while (!process.wait_for(next)) {
    const Clock::time_point look = Clock::now();
    stopping.check();
    watch.look();
    // Looking at thousands of threads must not become the main thing that happens.
    next = std::max(pause, 5 * std::chrono::floor<milliseconds>(Clock::now() - look));
    watch.look_at_memory();
  }
  RunCost cost{.end = process.wait(), .usage = process.usage(), .wall_seconds = seconds_since(begin)};
  watch.add_to(cost);
  return cost;
}

RunCost measure_call(FunctionRef<void()> work) {
  const Clock::time_point begin = Clock::now();
  const ProcessUsage before = thread_usage();
  const double queued_before = thread_queued_seconds();
  TrafficMeter traffic;
  std::size_t samples = 0;
  std::jthread sampling([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(pause);
      traffic.sample({::getpid()});
      ++samples;
    }
  });
  work();
  sampling.request_stop();
  sampling.join();
  RunCost cost{.end = {}, .usage = thread_usage(), .wall_seconds = seconds_since(begin)};
  cost.usage.user_seconds -= before.user_seconds;
  cost.usage.system_seconds -= before.system_seconds;
  cost.usage.minor_faults -= before.minor_faults;
  cost.usage.major_faults -= before.major_faults;
  cost.usage.voluntary_switches -= before.voluntary_switches;
  cost.usage.forced_switches -= before.forced_switches;
  cost.usage.storage_read_bytes -= before.storage_read_bytes;
  cost.usage.storage_written_bytes -= before.storage_written_bytes;
  cost.queued_seconds = thread_queued_seconds() - queued_before;
  cost.samples = samples;
  cost.touched_bytes_per_second = traffic.bytes_per_second();
  return cost;
}

}  // namespace thrum
