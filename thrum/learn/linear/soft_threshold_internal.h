#pragma once

#include <algorithm>
#include <cmath>

namespace thrum {

/// x, nearer to zero by `l1`, or zero: what is left of a step under an L1 penalty.
inline double soft_threshold(double x, double l1) noexcept {
  return std::copysign(std::max(0.0, std::abs(x) - l1), x);
}

}  // namespace thrum
