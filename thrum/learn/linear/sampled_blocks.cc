#include <algorithm>

#include "thrum/learn/linear/sampled_blocks_internal.h"

namespace thrum {

std::size_t sample_stride(std::size_t n_rows_of_all_ranks) {
  constexpr std::size_t n_sampled = 16;
  return std::max<std::size_t>(1, n_rows_of_all_ranks / row_block / n_sampled);
}

std::vector<double> sum_sampled_blocks(const Execution& execution, RowRange local, std::size_t stride,
                                       std::size_t n_components,
                                       FunctionRef<void(RowRange block, std::span<double> partial)> add) {
  const std::size_t n_blocks = (local.size() + row_block - 1) / row_block;
  const std::size_t first = (stride - local.begin / row_block % stride) % stride;
  const std::size_t n_sampled = n_blocks <= first ? 0 : (n_blocks - first - 1) / stride + 1;
  // The sampled blocks take the place of all, so that only their partial sums are kept.
  return sum_row_blocks(execution, n_sampled * row_block, n_components,
                        [&](std::size_t i, std::size_t, std::span<double> partial) {
                          const std::size_t begin = first * row_block + i * stride;
                          add({begin, std::min(begin + row_block, local.size())}, partial);
                        });
}

}  // namespace thrum
