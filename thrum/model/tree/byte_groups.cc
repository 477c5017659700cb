#include "thrum/model/tree/byte_groups_internal.h"

#include <algorithm>
#include <span>

namespace thrum::byte_trees {
namespace {

bool fit(const View& view) {
  return view.longest_tree <= Group::slots && view.sets.empty() &&
         std::ranges::all_of(view.chunks, [](const Chunk& chunk) { return chunk.n_planes <= most_grouped_planes; });
}

std::int8_t follower(std::size_t child, std::size_t first_slot) {
  return static_cast<std::int8_t>(child < first_node_ref ? first_leaf + static_cast<int>(child)
                                                         : static_cast<int>(first_slot + child - first_node_ref));
}

Group empty_group() {
  Group group = {};
  std::ranges::fill(group.left, first_leaf);
  std::ranges::fill(group.right, first_leaf);
  return group;
}

void put(std::span<const Node> nodes, std::size_t first_slot, Group& group) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t slot = first_slot + i;
    group.planes[slot] = static_cast<std::int8_t>(nodes[i].plane);
    group.ranks[slot] = nodes[i].rank;
    group.left[slot] = follower(nodes[i].left, first_slot);
    group.right[slot] = follower(nodes[i].right, first_slot);
  }
}

}  // namespace

Groups group_trees(const View& view) {
  Groups all;
  if (!fit(view)) return all;
  all.trees_per_group = view.longest_tree <= Group::half ? 2 : 1;
  for (const Chunk& chunk : view.chunks) {
    for (std::size_t i = 0; i < chunk.n_trees; ++i) {
      const ByteTree& tree = view.trees[chunk.first_tree + i];
      const auto nodes = view.nodes.subspan(tree.first_node, tree.n_nodes);
      const std::size_t place = i % all.trees_per_group;
      if (place == 0) all.groups.push_back(empty_group());
      put(nodes, place * Group::half, all.groups.back());
    }
  }
  return all;
}

}  // namespace thrum::byte_trees
