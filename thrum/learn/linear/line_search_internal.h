#pragma once

#include <optional>

#include "thrum/core/function_ref.h"

namespace thrum {

/// f along a direction: its value and slope at a step length.
struct LinePoint {
  double step = 0;
  double value = 0;
  double slope = 0;
};

/// A step along a descent direction that meets the strong Wolfe conditions with c1 = 1e-4 and c2 = 0.9, or, where
/// rounding hides the decrease (changes of the value within `noise`), the approximate ones of Hager and Zhang (SIAM
/// Journal on Optimization 16, 2005). Tries step 1 first; doubling from there, then cubic interpolation (Nocedal and
/// Wright, algorithms 3.5 and 3.6). nullopt where 30 trials find none.
/// REQUIRES: start.slope < 0. `evaluate` is called last at the step that is returned.
std::optional<LinePoint> search_line(FunctionRef<LinePoint(double step)> evaluate, LinePoint start, double noise);

}  // namespace thrum
