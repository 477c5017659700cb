#include "thrum/cli/advice_text.h"

#include <fmt/format.h>
#include <string.h>

#include "thrum/cli/text.h"

namespace thrum::cli {
namespace {

constexpr std::string_view longer_job = "run a longer job, of half a second or more";

std::string verdict_text(Bottleneck verdict) {
  switch (verdict) {
    case Bottleneck::cpu:
      return "bound by the CPU";
    case Bottleneck::memory:
      return "bound by memory";
    case Bottleneck::io:
      return "bound by waiting";
    case Bottleneck::mixed:
      return "bound by the CPU and by waiting in turn";
    case Bottleneck::unknown:
      return "too short to tell";
  }
  return "";
}

/// How it failed; empty where it did not.
std::string end_text(const ProcessEnd& end) {
  if (end.ok()) return "";
  const std::string how = end.signal == 0 ? fmt::format("exit code {}", end.code)
                                          : fmt::format("signal {} ({})", end.signal, ::strsignal(end.signal));
  return "  the command ended with " + how + "\n";
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

/// The verdict and how many workers follow.
std::string heading(const Advice& advice) {
  if (advice.verdict == Bottleneck::unknown) return verdict_text(advice.verdict);
  return fmt::format("{}{}: {} at once", advice.doubt.empty() ? "" : "probably ", verdict_text(advice.verdict),
                     counted(static_cast<std::size_t>(advice.workers), "worker"));
}

/// Why the heading may be wrong, and what helps.
std::string doubt_text(const Advice& advice) {
  if (advice.verdict == Bottleneck::unknown) return fmt::format("  {}\n", longer_job);
  return advice.doubt.empty() ? "" : fmt::format("  uncertain: {}\n", advice.doubt);
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", 100 * share);
}

}  // namespace

std::string advice_text(const Advice& advice, const RunCost& cost) {
  const ProcessUsage& used = cost.usage;
  const std::vector<std::vector<std::string>> rows = {
      {"time", fmt::format("{:.3g} s", cost.wall_seconds)},
      {"CPU", fmt::format("{:.3g} s, {:.3g} s of it in the kernel; {} at once", cost.cpu_seconds(), used.system_seconds,
                          counted(static_cast<std::size_t>(cost.most_threads), "thread"))},
      {"no free CPU", fmt::format("{:.3g} s", cost.queued_seconds)},
      {"switches",
       fmt::format("{} to wait, {} forced", grouped(used.voluntary_switches), grouped(used.forced_switches))},
      {"memory", fmt::format("{}, {} faults, {} of them read from storage", byte_size(used.peak_resident_bytes),
                             grouped(used.minor_faults + used.major_faults), grouped(used.major_faults))},
      {"storage",
       fmt::format("{} read, {} written", byte_size(used.storage_read_bytes), byte_size(used.storage_written_bytes))},
  };
  return fmt::format("{}\n  {}\n{}{}\n", heading(advice), advice.reason, doubt_text(advice), end_text(cost.end)) +
         aligned(rows, "ll");
}

Json advice_json(const Advice& advice, const RunCost& cost, const MemoryEvidence& memory) {
  const ProcessUsage& used = cost.usage;
  Json probe;
  if (const auto& pressure = memory.pressure) {
    probe = {{"slowdown", pressure->slowdown},
             {"stream_slowdown", pressure->stream_slowdown},
             {"active_share", pressure->active_share},
             {"threshold", pressure->threshold()}};
  }
  const bool unknown = advice.verdict == Bottleneck::unknown;
  return {{"schema", "thrum.advise/1"},
          {"verdict", bottleneck_name(advice.verdict)},
          {"workers", unknown ? Json() : Json(advice.workers)},
          {"reason", advice.reason},
          {"uncertain", !advice.doubt.empty()},
          {"doubt", advice.doubt.empty() ? Json() : Json(advice.doubt)},
          {"hint", unknown ? Json(longer_job) : Json()},
          {"wall_seconds", cost.wall_seconds},
          {"user_seconds", used.user_seconds},
          {"system_seconds", used.system_seconds},
          {"queued_seconds", cost.queued_seconds},
          {"busy_share", cost.busy_share()},
          {"most_threads", cost.most_threads},
          {"samples", cost.samples},
          {"running_share", cost.running_share},
          {"storage_wait_share", cost.storage_share},
          {"voluntary_switches", used.voluntary_switches},
          {"forced_switches", used.forced_switches},
          {"minor_faults", used.minor_faults},
          {"major_faults", used.major_faults},
          {"storage_read_bytes", used.storage_read_bytes},
          {"storage_written_bytes", used.storage_written_bytes},
          {"peak_resident_bytes", used.peak_resident_bytes},
          {"touched_bytes_per_second", optional_json(cost.touched_bytes_per_second)},
          {"stream_touched_bytes_per_second", optional_json(memory.stream_touched_bytes_per_second)},
          {"memory_probe", probe}};
}

std::string curve_text(const ScalingCurve& curve) {
  std::vector<std::vector<std::string>> rows = {
      {"workers", "seconds", "speed-up", "efficiency", "Amdahl", "universal law"}};
  for (const ScalingPoint& point : curve.points) {
    rows.push_back({std::to_string(point.workers), fmt::format("{:.4f}", point.seconds),
                    fmt::format("{:.2f}", point.speed_up), percent(point.speed_up / point.workers),
                    fmt::format("{:.2f}", curve.amdahl.speed_up(point.workers)),
                    fmt::format("{:.2f}", curve.universal.speed_up(point.workers))});
  }
  return aligned(rows, "") + fmt::format("\nAmdahl: {:.1f} % serial; universal law: sigma {:.4f}, kappa {:.5f}\n",
                                         100 * curve.serial_share(), curve.universal.sigma, curve.universal.kappa);
}

Json curve_json(const ScalingCurve& curve) {
  Json points = Json::array();
  for (const ScalingPoint& point : curve.points) {
    points.push_back({{"workers", point.workers}, {"seconds", point.seconds}, {"speed_up", point.speed_up}});
  }
  return {{"curve", points},
          {"amdahl", {{"serial_share", curve.serial_share()}}},
          {"universal", {{"sigma", curve.universal.sigma}, {"kappa", curve.universal.kappa}}}};
}

}  // namespace thrum::cli
