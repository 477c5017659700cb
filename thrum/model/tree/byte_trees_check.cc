#include <algorithm>
#include <limits>

#include "thrum/model/tree/byte_trees_internal.h"

namespace thrum::byte_trees {
namespace {

/// Whether [first, first + n) lies in a range of `size`.
bool is_within(std::uint64_t first, std::uint64_t n, std::size_t size) {
  return first + n <= size;
}

bool plane_fits(const Plane& plane, const View& view, const Schema& schema) {
  if (plane.feature >= schema.features.size()) return false;
  if (plane.n_blocks == 0) return schema.features[plane.feature].categories.size() <= most_categories;
  const std::uint64_t n_blocks = std::uint64_t{1} + plane.n_blocks;
  if (plane.n_blocks > fan_out || !is_within(plane.first_block, n_blocks, view.thresholds.size() / fan_out)) {
    return false;
  }
  // No value is above infinity, so none is ranked beyond the last block.
  const auto lasts = view.thresholds.subspan(std::size_t{plane.first_block} * fan_out, fan_out);
  return std::ranges::all_of(lasts.subspan(plane.n_blocks - 1),
                             [](double last) { return last == std::numeric_limits<double>::infinity(); });
}

bool child_fits(std::size_t child, std::size_t parent, const ByteTree& tree) {
  if (child < first_node_ref) return child < tree.n_leaves;
  return child - first_node_ref > parent && child - first_node_ref < tree.n_nodes;
}

bool tree_fits(const ByteTree& tree, const Chunk& chunk, const View& view) {
  if (tree.n_leaves == 0 || tree.n_leaves > most_leaves || tree.n_nodes >= most_leaves ||
      chunk.n_planes + std::uint64_t{tree.n_sets} > most_planes ||
      !is_within(tree.first_node, tree.n_nodes + most_leaves, view.nodes.size()) ||
      !is_within(tree.first_set, tree.n_sets, view.sets.size()) ||
      !is_within(tree.first_value, tree.n_leaves * view.leaf_width, view.leaf_values.size())) {
    return false;
  }
  for (std::size_t i = 0; i < tree.n_nodes; ++i) {
    const Node& node = view.nodes[tree.first_node + i];
    if (node.plane >= chunk.n_planes + tree.n_sets || !child_fits(node.left, i, tree) ||
        !child_fits(node.right, i, tree)) {
      return false;
    }
  }
  const auto sets = view.sets.subspan(tree.first_set, tree.n_sets);
  return std::ranges::all_of(sets, [&](const CategorySet& set) { return set.plane < chunk.n_planes; });
}

bool chunk_fits(const Chunk& chunk, std::size_t first_tree, const View& view) {
  if (chunk.first_tree != first_tree || !is_within(chunk.first_tree, chunk.n_trees, view.trees.size()) ||
      !is_within(chunk.first_plane, chunk.n_planes, view.planes.size()) || chunk.n_planes > most_planes) {
    return false;
  }
  const auto trees = view.trees.subspan(chunk.first_tree, chunk.n_trees);
  return std::ranges::all_of(trees, [&](const ByteTree& tree) { return tree_fits(tree, chunk, view); });
}

}  // namespace

void check(const View& view, const Schema& schema, const ModelFile& image) {
  bool fits = view.n_margins <= most_margins;
  fits = fits && std::ranges::all_of(view.planes, [&](const Plane& plane) { return plane_fits(plane, view, schema); });
  // A walk that has come to a leaf looks at some node of the image, whatever it is.
  fits = fits && std::ranges::all_of(view.nodes, [](const Node& node) { return node.plane < most_planes; });
  std::size_t n_trees = 0;
  for (const Chunk& chunk : view.chunks) {
    fits = fits && chunk_fits(chunk, n_trees, view);
    n_trees += chunk.n_trees;
  }
  if (!fits || n_trees != view.trees.size()) image.fail("has trees whose nodes are linked wrongly");
}

}  // namespace thrum::byte_trees
