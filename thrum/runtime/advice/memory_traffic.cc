#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "thrum/runtime/advice/clock_internal.h"
#include "thrum/runtime/advice/memory_traffic_internal.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {
namespace {

constexpr double least_cpu_seconds = 5e-4;

/// Any program uses so much again and again, whatever it does: its code, stack and tables.
constexpr double always_used_bytes = 1 << 19;

double cpu_seconds_of(const std::vector<pid_t>& processes) {
  double sum = 0;
  for (const pid_t pid : processes) {
    clockid_t clock{};
    if (::clock_getcpuclockid(pid, &clock) == 0) sum += seconds_on(clock);
    if (pid == ::getpid()) sum -= seconds_on(CLOCK_THREAD_CPUTIME_ID);  // of the sampling itself
  }
  return sum;
}

bool forget_references(pid_t pid) {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/clear_refs").c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), "1", 1) == 1;
}

double referenced_bytes(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; rollup >> word;) {
    double kibibytes = 0;
    if (word == "Referenced:" && rollup >> kibibytes) return 1024 * kibibytes;
  }
  return 0;
}

}  // namespace

void TrafficMeter::sample(const std::vector<pid_t>& processes) {
  const double begin = seconds_on(CLOCK_MONOTONIC);
  if (begin < not_before_) return;
  const double before_clearing = cpu_seconds_of(processes);
  const bool cleared = std::ranges::all_of(processes, forget_references);
  const double after_clearing = cpu_seconds_of(processes);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double before_reading = cpu_seconds_of(processes);
  double bytes = 0;
  for (const pid_t pid : processes) bytes += referenced_bytes(pid);
  const double after_reading = cpu_seconds_of(processes);
  // Pages are cleared and read one after the other: for the middle one the window is from middle to middle.
  const double window = (before_reading + after_reading - before_clearing - after_clearing) / 2;
  if (cleared && window > least_cpu_seconds) rates_.push_back(std::max(0.0, bytes - always_used_bytes) / window);
  const double end = seconds_on(CLOCK_MONOTONIC);
  not_before_ = end + (end - begin) * (1 / longest_share_ - 1);
}

std::optional<double> TrafficMeter::bytes_per_second() const {
  if (rates_.empty()) return std::nullopt;
  // Disturbances make windows longer, never shorter, so the middle would be too low.
  std::vector<double> sorted = rates_;
  const auto quartile = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 3 / 4);
  std::ranges::nth_element(sorted, quartile);
  return *quartile;
}

}  // namespace thrum
