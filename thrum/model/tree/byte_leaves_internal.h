#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "thrum/model/tree/byte_trees_internal.h"

namespace thrum::byte_trees {

/// Adds the values of the leaves of one row in trees first, first + 1, … to the sums of their margins.
inline void add_leaves(const View& view, std::size_t first, std::span<const std::uint8_t> leaves, double* sums) {
  const ByteTree* trees = view.trees.data() + first;
  const double* values = view.leaf_values.data();
  if (view.n_margins == 1) {  // which stays in a register
    double sum = *sums;
    for (std::size_t i = 0; i < leaves.size(); ++i) sum += values[trees[i].first_value + leaves[i]];
    *sums = sum;
    return;
  }
  std::size_t margin = first % view.n_margins;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const double* value = values + trees[i].first_value + leaves[i];
    if (view.leaf_width == 1) {
      sums[margin] += *value;
      margin = margin + 1 == view.n_margins ? 0 : margin + 1;
      continue;
    }
    for (std::size_t k = 0; k < view.leaf_width; ++k) sums[k] += value[k * trees[i].n_leaves];
  }
}

}  // namespace thrum::byte_trees
