#pragma once

#include <cstddef>
#include <cstdint>

#include "thrum/learn/tree/gradient_grid_internal.h"

namespace thrum {

/// What the children of a split must have, in units of the gradient grid.
struct ScanRules {
  float l1 = 0;
  float l2 = 0;
  std::int32_t min_hessian = 1;  ///< at least 1
};

/// The best of some splits; bin < 0: none is allowed.
struct ScanBest {
  float score = 0;  ///< gl^2 / (hl + l2) + gr^2 / (hr + l2), with |g| - l1 for g where l1 is
  std::int32_t bin = -1;
};

/// How many sums scan_splits reads at once: `left` has room for a multiple of them, whatever the values.
inline constexpr std::size_t scan_width = 64;

/// Candidate i < n has the rows left[i] + extra on its left and the others of `total` on its right. Of equal scores the
/// lowest i wins. The arithmetic is exact or rounded once per step, so that all instruction sets agree.
ScanBest scan_splits(const GradientSum* left, std::size_t n, GradientSum extra, GradientSum total,
                     const ScanRules& rules);

}  // namespace thrum
