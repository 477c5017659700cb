#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/learn/tree/forest/split_internal.h"

namespace thrum::forest {

/// A node while its tree grows: a question where it has children, else a leaf.
struct GrownNode {
  std::int32_t left = -1;  ///< index of the child; -1: a leaf
  std::int32_t right = -1;
  RankSplit split = {};
  double weight = 0;    ///< of its rows
  double loss = 0;      ///< impurity x weight
  double decrease = 0;  ///< of the loss by the split

  bool is_leaf() const noexcept { return left < 0; }
};

/// A tree of ranks: nodes in an order in which children come after their parent, and one value per node.
struct GrownTree {
  std::vector<GrownNode> nodes;
  std::vector<double> values;  ///< (n_nodes, n_values) row-major
  std::size_t n_values = 1;

  std::span<double> value(std::size_t node) { return std::span(values).subspan(node * n_values, n_values); }
  std::span<const double> value(std::size_t node) const { return std::span(values).subspan(node * n_values, n_values); }
};

}  // namespace thrum::forest
