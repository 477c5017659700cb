#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "thrum/learn/linear/matrix_rows.h"

namespace thrum {

/// Throws invalid_argument unless there are n_rows finite targets, indices of classes where n_classes is not 0, and as
/// many weights, or none, that are finite and 0 or more. `where` names the caller.
void check_targets_and_weights(std::string_view where, std::size_t n_rows, std::size_t n_classes,
                               std::span<const double> y, std::span<const double> weights);

}  // namespace thrum
