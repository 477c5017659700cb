#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "thrum/cli/session.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {

/// One way to do the work of an experiment.
struct Contestant {
  std::string backend;  ///< "threads" or "processes"
  int workers = 1;
  std::function<double(const std::stop_token&)> run;  ///< returns the result of the work
};

/// How long the work took with some workers.
struct CurvePoint {
  std::string backend;
  int workers = 1;
  double seconds = 0;   ///< median
  double speed_up = 0;  ///< beside the first point
  double efficiency = 0;
};

/// 1, 2, 4, … and `most`.
std::vector<int> worker_counts(int most);

/// Runs all of them in turn, once to warm up and then `repeats` times. All have the same result, to the last bit.
/// Throws cancelled.
std::vector<CurvePoint> measure_curve(const std::vector<Contestant>& contestants, int repeats, const Session& session);

/// Fills in speed_up and efficiency from the seconds.
void compare_with_first(std::vector<CurvePoint>& curve);

Json curve_json(const std::vector<CurvePoint>& curve);
/// A table.
std::string curve_text(const std::vector<CurvePoint>& curve);

}  // namespace thrum::cli
