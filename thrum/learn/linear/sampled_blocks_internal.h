#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/comm/row_blocks.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// Of the blocks that a search begins with: 16 to 31 of them, which tell the curvature to a few percent, so that a pass
/// over all rows comes that much nearer to the minimum; every one where there are fewer.
std::size_t sample_stride(std::size_t n_rows_of_all_ranks);

/// As sum_row_blocks, of every `stride`-th block of all ranks (collective). local: this rank's rows among those of all;
/// the blocks that `add` gets are numbered from the first of these.
std::vector<double> sum_sampled_blocks(const Execution& execution, RowRange local, std::size_t stride,
                                       std::size_t n_components,
                                       FunctionRef<void(RowRange block, std::span<double> partial)> add);

}  // namespace thrum
