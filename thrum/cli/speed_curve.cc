#include "thrum/cli/speed_curve.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <limits>

#include "thrum/cli/text.h"
#include "thrum/core/assert.h"
#include "thrum/core/median_internal.h"

namespace thrum::cli {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace

std::vector<int> worker_counts(int most) {
  std::vector<int> counts;
  for (int n = 1; n < most; n = n <= std::numeric_limits<int>::max() / 2 ? 2 * n : most) counts.push_back(n);
  counts.push_back(most);
  return counts;
}

std::vector<CurvePoint> measure_curve(const std::vector<Contestant>& contestants, int repeats, const Session& session) {
  const std::size_t n_runs = contestants.size() * static_cast<std::size_t>(repeats + 1);
  std::vector<std::vector<double>> seconds(contestants.size());
  double expected = 0;
  for (std::size_t run = 0; run < n_runs; ++run) {
    const std::size_t i = run % contestants.size();
    const Contestant& contestant = contestants[i];
    session.console.report({.stage = "bench", .done = run, .total = n_runs});
    const Stopwatch stopwatch;
    const double result = contestant.run(session.stop());
    const double time = stopwatch.seconds();
    if (run == 0) expected = result;
    THRUM_ASSERT(same_bits(result, expected));
    if (run >= contestants.size()) seconds[i].push_back(time);
  }
  session.console.end_progress();
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    curve.push_back(
        {.backend = contestants[i].backend, .workers = contestants[i].workers, .seconds = median(seconds[i])});
  }
  compare_with_first(curve);
  return curve;
}

void compare_with_first(std::vector<CurvePoint>& curve) {
  for (CurvePoint& point : curve) {
    point.speed_up = curve.front().seconds / point.seconds;
    point.efficiency = point.speed_up / point.workers;
  }
}

Json curve_json(const std::vector<CurvePoint>& curve) {
  Json points = Json::array();
  for (const CurvePoint& point : curve) {
    points.push_back({{"backend", point.backend},
                      {"workers", point.workers},
                      {"seconds", point.seconds},
                      {"speed_up", point.speed_up},
                      {"efficiency", point.efficiency}});
  }
  return points;
}

std::string curve_text(const std::vector<CurvePoint>& curve) {
  std::vector<std::vector<std::string>> rows = {{"workers", "", "seconds", "speed-up", "efficiency"}};
  for (const CurvePoint& point : curve) {
    rows.push_back({grouped(static_cast<std::size_t>(point.workers)), point.backend,
                    fmt::format("{:.4g}", point.seconds), fmt::format("{:.2f}", point.speed_up),
                    fmt::format("{:.0f} %", 100 * point.efficiency)});
  }
  return aligned(rows, "rlrrr");
}

}  // namespace thrum::cli
