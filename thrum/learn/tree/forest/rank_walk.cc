#include "thrum/learn/tree/forest/rank_walk_internal.h"

#include "thrum/model/tree/category_set_internal.h"

namespace thrum::forest {

RankWalk::RankWalk(const Tree& tree, const RankedTable& table) : stride_(table.stride()) {
  nodes_.reserve(tree.nodes.size());
  for (const TreeNode& node : tree.nodes) {
    const auto feature = static_cast<std::size_t>(node.feature);
    nodes_.push_back({.ranks = table.column(feature),
                      .left = node.left,
                      .right = node.right,
                      .cut = static_cast<std::uint16_t>(table.maps()[feature].rank_at(node.threshold)),
                      .missing_left = node.missing_left,
                      .is_list = node.category_list,
                      .set = node.category_set < 0 ? nullptr : &tree.category_bits[node.category_set]});
  }
}

std::size_t RankWalk::leaf_of(std::size_t row) const noexcept {
  std::int32_t at = nodes_.empty() ? ~0 : 0;
  while (at >= 0) {
    const Node& node = nodes_[at];
    const std::size_t rank = node.ranks[row * stride_];
    bool left = rank <= node.cut;
    if (rank == 0) {
      left = node.missing_left;
    } else if (node.set != nullptr) {
      left = category_set_holds(node.set, node.is_list, rank - 1);
    }
    at = left ? node.left : node.right;
  }
  const std::int32_t leaf = ~at;
  return static_cast<std::size_t>(leaf);
}

}  // namespace thrum::forest
