#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// The unit of determinism: sums over rows are formed inside blocks of this many *global* rows, in a fixed order, and
/// the blocks' partial sums are added exactly. A rank's rows begin at a multiple of it.
inline constexpr std::size_t row_block = 4096;

/// Rows [begin, end) of `n_rows` that rank `rank` of `size` holds: whole blocks, as even as they go; may be empty.
struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};
RowRange rows_of_rank(std::size_t n_rows, int rank, int size);

/// The sum over all blocks of all ranks of the vectors that `block` computes.
///
/// block(begin, end, partial): partial (n_components, zeroed) is to receive the sums over local rows [begin, end), at
/// most row_block of them. It runs in parallel and must not depend on anything but these rows.
///
/// The result is the same for any number of threads and ranks: the partials are added exactly, as integers on a fixed
/// grid (thrum/comm/exact_sum.h), and rounded once, so that each component is its exact sum to within a rounding and
/// 2^-80 of its largest partial. A non-finite partial makes its component NaN. All ranks call it together (collective).
/// Memory: n_components doubles per thread and 40 bytes per component, whatever the number of rows. Throws cancelled on
/// a stop request.
std::vector<double> sum_row_blocks(
    const Execution& execution, std::size_t local_rows, std::size_t n_components,
    FunctionRef<void(std::size_t begin, std::size_t end, std::span<double> partial)> block);

}  // namespace thrum
