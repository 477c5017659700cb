#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/progress.h"

namespace thrum {

/// How a law of parallel speed-up describes measured points: S(N) = N / (1 + sigma (N - 1) + kappa N (N - 1)).
struct ScalingLaw {
  double sigma = 0;  ///< the share that does not run in parallel, or waits for what is shared; at least 0
  double kappa = 0;  ///< what each pair of workers costs each other; at least 0, and 0 in Amdahl's law

  double speed_up(double workers) const noexcept;
};

struct ScalingPoint {
  int workers = 1;
  double seconds = 0;   ///< median
  double speed_up = 1;  ///< seconds with one worker / seconds
};

/// A measured speed-up curve and what it means.
struct ScalingCurve {
  std::vector<ScalingPoint> points;  ///< ascending, from one worker on
  ScalingLaw amdahl;
  ScalingLaw universal;
  int recommended_workers = 1;  ///< beyond these a worker adds less than a tenth of its own power

  /// The share that does not run in parallel by Amdahl's law: the speed-up never exceeds its reciprocal.
  double serial_share() const noexcept { return amdahl.sigma; }
};

struct ScalingOptions {
  int workers_up_to = 0;  ///< 0: available_cpus()
  int repeats = 5;        ///< of which the median counts; at least 1
  Progress* progress = nullptr;
  std::stop_token stop = {};
};

/// Times run(n), which does the same work with n workers, for n of 1, 2, 3, 4, 6, 8, 12, 16 … and the last. The numbers
/// of workers take turns, so that what disturbs for a while disturbs all of them. Throws invalid_argument for options
/// out of range, cancelled, and what `run` throws.
ScalingCurve measure_scaling(FunctionRef<void(int workers)> run, const ScalingOptions& options = {});

/// Fits both laws, by least squares on N/S - 1 = sigma (N - 1) + kappa N (N - 1) with neither below 0 (Gunther,
/// Guerrilla Capacity Planning, Springer 2007, chapter 5). REQUIRES: the first point is that of one worker.
ScalingCurve fit_scaling(std::vector<ScalingPoint> points);

/// A plot of the curve: measured points, both laws, and the ideal line. A whole SVG document.
std::string scaling_svg(const ScalingCurve& curve, std::string_view title);

}  // namespace thrum
