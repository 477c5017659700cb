#include "thrum/model/tree/byte_groups_internal.h"

#include <algorithm>
#include <span>

namespace thrum::byte_trees {
namespace {

/// Of the largest tree; an image may have nodes that no leaf is below.
std::size_t most_slots(const View& view) {
  std::size_t most = 0;
  for (const ByteTree& tree : view.trees) most = std::max<std::size_t>({most, tree.n_nodes, tree.n_leaves});
  return most;
}

std::size_t trees_per_group(const View& view) {
  const bool planes_fit =
      std::ranges::all_of(view.chunks, [](const Chunk& chunk) { return chunk.n_planes <= most_grouped_planes; });
  const std::size_t n_slots = most_slots(view);
  if (!view.sets.empty() || !planes_fit || n_slots > Group::slots) return 0;
  return n_slots <= Group::half ? 2 : 1;
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
  all.trees_per_group = trees_per_group(view);
  if (all.trees_per_group == 0) return all;
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
