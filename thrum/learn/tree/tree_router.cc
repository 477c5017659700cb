#include "thrum/learn/tree/tree_router_internal.h"

namespace thrum {

TreeRouter::TreeRouter(const GrownTree& tree, std::span<const BinnedFeature> features)
    : first_(tree.nodes.empty() ? -1 : 0) {
  for (const GrownTree::Node& node : tree.nodes) {
    const BinnedFeature& feature = features[node.split.feature];
    const GoesLeft left = goes_left(node.split, feature);
    Node& out = nodes_.emplace_back(Node{feature.column, {}, node.left, node.right});
    for (std::size_t byte = 0; byte < left.size(); ++byte) {
      if (left[byte] != 0) out.left_bytes.insert(byte);
    }
  }
}

}  // namespace thrum
