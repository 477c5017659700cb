#include "thrum/runtime/advice/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/median_internal.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

using Clock = std::chrono::steady_clock;

/// 1, 2, 3, 4, 6, 8, 12, 16, … and `last`.
std::vector<int> measured_workers(int last) {
  std::vector<int> counts;
  for (int power = 1; power < last; power *= 2) {
    counts.push_back(power);
    if (power >= 2 && power + power / 2 < last) counts.push_back(power + power / 2);
  }
  counts.push_back(last);
  return counts;
}

double timed(FunctionRef<void(int)> run, int workers) {
  const Clock::time_point begin = Clock::now();
  run(workers);
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The sums of the normal equations: of a = N - 1, b = N (N - 1), and c = N/S - 1.
struct Moments {
  double aa = 0, ab = 0, bb = 0, ac = 0, bc = 0;
};

Moments moments_of(const std::vector<ScalingPoint>& points) {
  Moments m;
  for (const ScalingPoint& point : points) {
    const double n = point.workers, a = n - 1, b = n * (n - 1), c = n / point.speed_up - 1;
    m.aa += a * a;
    m.ab += a * b;
    m.bb += b * b;
    m.ac += a * c;
    m.bc += b * c;
  }
  return m;
}

ScalingLaw amdahl_law(const Moments& m) {
  return {.sigma = m.aa > 0 ? std::clamp(m.ac / m.aa, 0.0, 1.0) : 0, .kappa = 0};
}

/// Where the least squares lie outside, the best on the edge that they crossed.
ScalingLaw universal_law(const Moments& m) {
  const double determinant = m.aa * m.bb - m.ab * m.ab;
  if (!(determinant > 1e-9 * m.aa * m.bb)) return amdahl_law(m);  // fewer than two points beyond the first
  const ScalingLaw free{.sigma = (m.ac * m.bb - m.bc * m.ab) / determinant,
                        .kappa = (m.bc * m.aa - m.ac * m.ab) / determinant};
  if (free.kappa < 0) return amdahl_law(m);
  if (free.sigma < 0) return {.sigma = 0, .kappa = std::max(0.0, m.bc / m.bb)};
  return free;
}

/// The last number of workers up to which each adds a tenth of what one does alone.
int recommended(const std::vector<ScalingPoint>& points) {
  constexpr double worthwhile = 0.1;
  int best = 1;
  double reached = 1;
  for (const ScalingPoint& point : points) {
    if (point.speed_up < reached + worthwhile * (point.workers - best)) continue;
    best = point.workers;
    reached = point.speed_up;
  }
  return best;
}

void check(const ScalingOptions& options, int last) {
  if (last < 1 || last > Arena::max_slots) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[measure_scaling] expected 1 to {} workers, got {}", Arena::max_slots, last));
  }
  if (options.repeats < 1) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[measure_scaling] expected at least one repeat, got {}", options.repeats));
  }
}

}  // namespace

double ScalingLaw::speed_up(double workers) const noexcept {
  return workers / (1 + sigma * (workers - 1) + kappa * workers * (workers - 1));
}

ScalingCurve fit_scaling(std::vector<ScalingPoint> points) {
  THRUM_ASSERT(!points.empty() && points.front().workers == 1);
  const Moments moments = moments_of(points);
  ScalingCurve curve{.points = std::move(points), .amdahl = amdahl_law(moments), .universal = universal_law(moments)};
  curve.recommended_workers = recommended(curve.points);
  return curve;
}

ScalingCurve measure_scaling(FunctionRef<void(int workers)> run, const ScalingOptions& options) {
  const int last = options.workers_up_to == 0 ? available_cpus() : options.workers_up_to;
  check(options, last);
  const std::vector<int> counts = measured_workers(last);
  std::vector<std::vector<double>> seconds(counts.size());
  const std::size_t total = counts.size() * static_cast<std::size_t>(options.repeats);
  run(last);  // starts threads and touches memory
  for (std::size_t done = 0; done < total; ++done) {
    if (options.stop.stop_requested()) throw Error(ErrorCode::cancelled, "[measure_scaling] stopped");
    if (options.progress != nullptr) options.progress->report({.stage = "measuring", .done = done, .total = total});
    seconds[done % counts.size()].push_back(timed(run, counts[done % counts.size()]));
  }
  std::vector<ScalingPoint> points;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double here = median(seconds[i]);
    points.push_back({counts[i], here, i == 0 ? 1 : points.front().seconds / here});
  }
  return fit_scaling(std::move(points));
}

}  // namespace thrum
