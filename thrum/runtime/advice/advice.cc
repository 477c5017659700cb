#include "thrum/runtime/advice/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace thrum {
namespace {

constexpr double waits = 0.35, computes = 0.75;
constexpr double shortest_seconds = 0.05;
constexpr std::size_t fewest_samples = 3;
constexpr double much_taken = 0.25;  // by others, of the time in which the program could run
constexpr double little_traffic = 0.1, likely_traffic = 0.25, much_traffic = 0.5;
/// Of a program that memory bounds, beside others, where it was not measured.
constexpr double usual_slowdown = 2;

constexpr double bytes_in_doubt = 5e8;                                // per second: caches hold what touches less
constexpr std::uint64_t resident_in_doubt = std::uint64_t{16} << 20;  // where the kernel does not tell

/// See most_workers_that_wait.
constexpr int most_per_cpu_for_storage = 4, most_per_cpu_for_others = 32;

bool is_too_short(const RunCost& cost) {
  return cost.wall_seconds < shortest_seconds || cost.samples < fewest_samples;
}

/// By others: what threads of its own take from each other is not.
double taken_share(const RunCost& cost, int cpus) {
  const double demand = cost.demanded_seconds();
  return cost.most_threads <= cpus && demand > 0 ? 1 - cost.cpu_seconds() / demand : 0;
}

bool waits_for_storage(const RunCost& cost) {
  return cost.usage.storage_read_bytes + cost.usage.storage_written_bytes > 0 &&
         cost.storage_share >= (1 - cost.running_share) / 2;
}

/// CPUs that one copy keeps busy while it computes.
double cpus_of_one(const RunCost& cost) {
  const double alone = cost.wall_seconds - cost.queued_seconds / std::max(1, cost.most_threads);
  return std::max(1.0, cost.cpu_seconds() / std::max(alone * cost.busy_share(), 1e-9));
}

int workers_that_compute(const RunCost& cost, int cpus) {
  const double each = std::min(cpus_of_one(cost), static_cast<double>(std::max(1, cost.most_threads)));
  return std::max(1, static_cast<int>(std::lround(cpus / each)));
}

/// While one waits, others compute: so many that the CPUs are busy.
int workers_that_wait(const RunCost& cost, int cpus) {
  const int most = waits_for_storage(cost) ? cpus * most_per_cpu_for_storage : most_workers_that_wait(cpus);
  const double filling = workers_that_compute(cost, cpus) / std::max(cost.busy_share(), 1e-3);
  return std::clamp(static_cast<int>(std::ceil(filling)), 1, most);
}

std::string waiting_text(const RunCost& cost) {
  return fmt::format("waits {:.0f} % of the time, {}", 100 * (1 - cost.busy_share()),
                     waits_for_storage(cost) ? "for storage" : "for the network, other processes, locks or timers");
}

std::string computing_text(const RunCost& cost) {
  std::string text = fmt::format("computes {:.0f} % of the time", 100 * cost.busy_share());
  const double kernel = cost.usage.system_seconds / cost.cpu_seconds();
  if (kernel > 0.3) text += fmt::format(", {:.0f} % of that in the kernel", 100 * kernel);
  return text;
}

/// Of a stream's; none: the kernel does not tell.
std::optional<double> traffic_share(const RunCost& cost, const std::optional<double>& stream) {
  if (!cost.touched_bytes_per_second || !stream) return std::nullopt;
  return *cost.touched_bytes_per_second / *stream;
}

struct MemoryVerdict {
  bool bound = false;
  std::string text;
  std::string doubt = {};
};

/// `likely`: what holds where the probe does not tell.
MemoryVerdict judged_by_pressure(const std::optional<MemoryPressure>& pressure, bool likely) {
  if (!pressure) return {likely, "not probed", "memory is in doubt and was not probed"};
  if (pressure->threshold() == 0) {
    return {likely, "the probe was disturbed by others on the CPUs", "the memory probe was disturbed"};
  }
  return {pressure->slowdown >= pressure->threshold(),
          fmt::format("takes {:.2f} times as long beside memory traffic, where a stream through memory takes {:.2f}",
                      pressure->slowdown, pressure->stream_slowdown),
          ""};
}

MemoryVerdict judge_memory(const RunCost& cost, const MemoryEvidence& memory) {
  if (!is_memory_in_doubt(cost)) return {false, "in little memory"};
  const auto share = traffic_share(cost, memory.stream_touched_bytes_per_second);
  if (!share) return judged_by_pressure(memory.pressure, false);
  const std::string text = fmt::format("touches memory {:.2f} times as fast as a stream through it", *share);
  if (*share < little_traffic) return {false, text};
  if (*share >= much_traffic) return {true, text};
  const MemoryVerdict probed = judged_by_pressure(memory.pressure, *share >= likely_traffic);
  return {probed.bound, text + "; " + probed.text, probed.doubt};
}

/// With all CPUs busy a copy takes `slowdown` times as long, so all of them do no more than so many do undisturbed.
int workers_that_share_memory(const RunCost& cost, double slowdown, int cpus) {
  return std::max(1, static_cast<int>(std::ceil(workers_that_compute(cost, cpus) / slowdown)));
}

std::string short_text(const RunCost& cost) {
  return fmt::format("was over after {:.3g} ms, in which its threads were looked at {} times", 1e3 * cost.wall_seconds,
                     cost.samples);
}

/// What the figures say, whether or not others disturbed them.
Advice undisturbed(const RunCost& cost, const MemoryEvidence& memory, int cpus) {
  const double busy = cost.busy_share();
  // What the kernel computes for a program that waits for storage belongs to its I/O.
  const double own = waits_for_storage(cost) ? busy * cost.usage.user_seconds / cost.cpu_seconds() : busy;
  if (busy <= waits || (busy <= computes && own <= waits))
    return {Bottleneck::io, workers_that_wait(cost, cpus), waiting_text(cost)};
  if (busy <= computes) {
    return {Bottleneck::mixed, workers_that_wait(cost, cpus), computing_text(cost) + "; " + waiting_text(cost)};
  }
  const MemoryVerdict verdict = judge_memory(cost, memory);
  const std::string text = computing_text(cost) + "; " + verdict.text;
  if (!verdict.bound) return {Bottleneck::cpu, workers_that_compute(cost, cpus), text, verdict.doubt};
  const double slowdown = memory.pressure ? std::max(1.0, memory.pressure->slowdown) : usual_slowdown;
  return {Bottleneck::memory, workers_that_share_memory(cost, slowdown, cpus), text, verdict.doubt};
}

}  // namespace

std::string_view bottleneck_name(Bottleneck bottleneck) noexcept {
  switch (bottleneck) {
    case Bottleneck::cpu:
      return "cpu";
    case Bottleneck::memory:
      return "memory";
    case Bottleneck::io:
      return "io";
    case Bottleneck::mixed:
      return "mixed";
    case Bottleneck::unknown:
      return "unknown";
  }
  return "unknown";
}

bool is_memory_in_doubt(const RunCost& cost) noexcept {
  if (is_too_short(cost) || cost.busy_share() <= computes) return false;
  if (cost.touched_bytes_per_second) return *cost.touched_bytes_per_second > bytes_in_doubt;
  return cost.usage.peak_resident_bytes > resident_in_doubt;
}

bool is_probe_needed(const RunCost& cost, const std::optional<double>& stream_touched_bytes_per_second) noexcept {
  if (!is_memory_in_doubt(cost)) return false;
  const auto share = traffic_share(cost, stream_touched_bytes_per_second);
  return !share || (*share >= little_traffic && *share < much_traffic);
}

Advice advise(const RunCost& cost, const MemoryEvidence& memory, int cpus) {
  if (is_too_short(cost)) return {Bottleneck::unknown, 1, short_text(cost), "it was over too soon"};
  Advice advice = undisturbed(cost, memory, cpus);
  const double taken = taken_share(cost, cpus);
  if (taken > much_taken) {
    advice.doubt =
        fmt::format("others had the CPUs for {:.0f} % of the time in which the program could run", 100 * taken);
  }
  return advice;
}

std::string load_doubt(const std::optional<double>& load_average, int cpus) {
  if (!load_average || *load_average <= cpus) return "";
  return fmt::format("the machine is loaded: {:.1f} threads wanted to run in the minute before, on {} CPUs",
                     *load_average, cpus);
}

int most_workers_that_wait(int cpus) noexcept {
  return cpus * most_per_cpu_for_others;
}

}  // namespace thrum
