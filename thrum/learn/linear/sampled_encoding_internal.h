#pragma once

#include <optional>
#include <span>

#include "thrum/comm/execution.h"
#include "thrum/data/dataset.h"
#include "thrum/data/encoder.h"
#include "thrum/learn/linear/design_matrix_internal.h"

namespace thrum {

/// The encoder of some rows of the blocks that a search begins with, for a design matrix that measures the spreads of
/// all rows in its first pass. It makes a missing number NaN. None where there are few blocks or categories, or where a
/// number is missing, infinite or constant in these rows (collective).
std::optional<Encoder> encoder_of_sample(const Dataset& dataset, const Execution& execution);

/// The encoder of all rows, which have `spreads` where `sample` encodes them; none where a spread is unknown or a
/// number counts as constant.
std::optional<Encoder> encoder_of_spreads(const Dataset& dataset, const Encoder& sample,
                                          std::span<const ColumnSpread> spreads);

}  // namespace thrum
