#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thrum/learn/tree/tree_grower_internal.h"

namespace thrum {

/// Finds the leaf of a row of any table with the bins of the one that the tree was grown on. Immutable.
class TreeRouter {
 public:
  TreeRouter(const GrownTree& tree, std::span<const BinnedFeature> features);

  std::size_t leaf(const BinnedTable& table, std::size_t row) const {
    std::int32_t at = first_;
    while (at >= 0) {
      const Node& node = nodes_[static_cast<std::size_t>(at)];
      const std::uint8_t byte = table.column(node.column)[row * BinnedTable::tile_width];
      at = node.left_bytes.contains(byte) ? node.left : node.right;
    }
    const std::int32_t leaf = ~at;
    return static_cast<std::size_t>(leaf);
  }

 private:
  struct Node {
    std::size_t column;
    BinSet left_bytes;
    std::int32_t left;
    std::int32_t right;
  };
  std::int32_t first_;
  std::vector<Node> nodes_;
};

}  // namespace thrum
