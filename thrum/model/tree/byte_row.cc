#include <array>
#include <cstring>

#include "thrum/model/tree/byte_groups_internal.h"
#include "thrum/model/tree/byte_leaves_internal.h"
#include "thrum/model/tree/byte_trees_internal.h"

namespace thrum::byte_trees {
namespace {

/// Trees that are walked at once, so that the steps of one hide the latency of the others'.
constexpr std::size_t walked_trees = 8;

std::size_t step(const Node* tree, std::size_t at, const std::int8_t* row) {
  std::uint64_t node = 0;
  std::memcpy(&node, tree + at % most_leaves, sizeof node);
  const bool goes_right = row[node >> 16 & 0xffff] > static_cast<std::int8_t>(node & 0xff);
  const std::size_t child = node >> (goes_right ? 48 : 32) & 0xffff;
  return at >= first_node_ref ? child : at;
}

std::array<std::uint8_t, walked_trees> walk(const View& view, std::size_t first, const std::int8_t* row) {
  std::array<const Node*, walked_trees> nodes;
  std::array<std::size_t, walked_trees> at;
  for (std::size_t j = 0; j < walked_trees; ++j) {
    const ByteTree& tree = view.trees[first + j];
    nodes[j] = view.nodes.data() + tree.first_node;
    at[j] = tree.n_nodes == 0 ? 0 : first_node_ref;
  }
  // References of nodes have a bit that those of leaves do not have.
  std::size_t all = first_node_ref;
  while (all >= first_node_ref) {
    all = 0;
    for (std::size_t j = 0; j < walked_trees; ++j) all |= at[j] = step(nodes[j], at[j], row);
  }
  std::array<std::uint8_t, walked_trees> leaves;
  for (std::size_t j = 0; j < walked_trees; ++j) leaves[j] = static_cast<std::uint8_t>(at[j]);
  return leaves;
}

std::uint8_t walk_one(const View& view, std::size_t t, const std::int8_t* row) {
  const Node* nodes = view.nodes.data() + view.trees[t].first_node;
  std::size_t at = view.trees[t].n_nodes == 0 ? 0 : first_node_ref;
  while (at >= first_node_ref) at = step(nodes, at, row);
  return static_cast<std::uint8_t>(at);
}

void fill_sets(const View& view, const ByteTree& tree, std::size_t n_planes, std::int8_t* row) {
  for (std::size_t s = 0; s < tree.n_sets; ++s) {
    const CategorySet& set = view.sets[tree.first_set + s];
    const auto code = static_cast<unsigned>(row[set.plane] + 128);
    row[n_planes + s] = (set.bits[code / 8] >> code % 8 & 1) != 0 ? std::int8_t{-128} : std::int8_t{127};
  }
}

void walk_trees(const View& view, const Chunk& chunk, std::int8_t* row, double* sums) {
  const std::size_t end = chunk.first_tree + chunk.n_trees;
  std::size_t t = chunk.first_tree;
  if (view.sets.empty()) {
    for (; t + walked_trees <= end; t += walked_trees) add_leaves(view, t, walk(view, t, row), sums);
  }
  for (; t < end; ++t) {
    fill_sets(view, view.trees[t], chunk.n_planes, row);
    const std::uint8_t leaf = walk_one(view, t, row);
    add_leaves(view, t, std::span(&leaf, 1), sums);
  }
}

}  // namespace

void add_row(const View& view, const Groups& groups, const Rows& rows, double* sums) noexcept {
  alignas(64) std::int8_t row[most_planes];
  std::memset(row, 0, sizeof row);
  std::size_t first_group = 0;
  for (const Chunk& chunk : view.chunks) {
    fill_row(view, chunk, rows, row);
    if (groups.trees_per_group == 0 || !add_groups(view, groups, chunk, first_group, row, sums)) {
      walk_trees(view, chunk, row, sums);
    }
    first_group += groups.of(chunk);
  }
}

}  // namespace thrum::byte_trees
