#pragma once

#include "thrum/model/tree/tree.h"

namespace thrum {

/// The largest double that goes left of the node, missing values apart: its threshold, or, where the rows of the
/// ensemble are rounded to floats first, the largest double that is rounded to at most the threshold.
double compiled_threshold(const TreeNode& node, const TreeEnsemble& ensemble) noexcept;

}  // namespace thrum
