#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/deep_node_internal.h"

namespace thrum::deep_trees {

/// Memory that is read soon, in order. Asking for it little by little takes no time, waiting for it would.
class Ahead {
 public:
  explicit Ahead(std::span<const std::byte> memory) : memory_(memory) {}

  void fetch_some() noexcept {
    constexpr std::size_t line = 64;
    const std::size_t n = std::min(32 * line, memory_.size());
    for (std::size_t i = 0; i < n; i += line) __builtin_prefetch(memory_.data() + i, 0, second_cache);
    memory_ = memory_.subspan(n);
  }

 private:
  static constexpr int second_cache = 2;  // the first has what is read now

  std::span<const std::byte> memory_;
};

/// Walks down trees, several ways at once: what one waits for, the others use.
template <class Key, bool has_categories, class TheLinks>
class Walk {
 public:
  using Nodes = const DeepNode<Key>*;
  using Positions = std::array<std::size_t, lanes>;

  Walk(TheLinks links, const std::uint64_t* category_bits) : links_(links), category_bits_(category_bits) {}

  /// The leaves of the rows of a block in one tree: leaves[i] of row i. The rows are divided like those of a training
  /// node while they are many, so that those that walk on together share the nodes in the nearest cache, which fetches
  /// them while others walk.
  void rows(std::span<const DeepNode<Key>> tree, const Key* values, std::size_t width, std::span<Key> leaves,
            Ahead ahead) const noexcept {
    const Nodes nodes = tree.data();
    std::array<std::uint16_t, most_block_rows> order, right;
    std::array<Part, most_block_rows / few_rows> parts;  // all but one have more than few_rows rows
    std::iota(order.begin(), order.begin() + leaves.size(), std::uint16_t{0});
    std::size_t n_parts = 0;
    Part next;
    const auto take = [&](const Part& part) {
      if (part.rows.empty()) return;
      ahead.fetch_some();
      if (part.rows.size() > few_rows && !nodes[part.at].is_leaf()) {
        parts[n_parts++] = part;
        return;
      }
      fetch(nodes, part);
      walk(nodes, next, values, width, leaves);
      next = part;
    };
    take({0, tree.size(), std::span(order).first(leaves.size())});
    while (n_parts > 0) {
      const Part part = parts[--n_parts];
      const std::size_t n_left = divide(nodes[part.at], values, width, part.rows, right);
      const std::size_t left = first_below(nodes, part.at);
      const std::size_t below_left = first_below(nodes, left);
      const std::size_t below_right = first_below(nodes, left + 1);
      // What is below one child is before or behind what is below the other.
      take({left, below_left < below_right ? below_right : part.end, part.rows.first(n_left)});
      take({left + 1, below_right < below_left ? below_left : part.end, part.rows.subspan(n_left)});
    }
    walk(nodes, next, values, width, leaves);
  }

  /// Where a row ends in `lanes` trees.
  Positions trees(const std::array<Nodes, lanes>& nodes, const Key* row) const noexcept {
    return descend(0, [&](std::size_t lane) { return nodes[lane]; }, [&](std::size_t) { return row; });
  }

  std::size_t one(Nodes nodes, const Key* row) const noexcept {
    std::size_t at = 0;
    while (!nodes[at].is_leaf()) at = step(nodes, at, row);
    return at;
  }

 private:
  /// Rows that are not divided further: they and the nodes they meet fit into the first-level cache.
  static constexpr std::size_t few_rows = 32;

  /// Rows that have come to a node.
  struct Part {
    std::size_t at = 0;
    std::size_t end = 0;  ///< of the nodes below it
    std::span<std::uint16_t> rows = {};
  };

  /// The left child of a node; a leaf itself.
  std::size_t first_below(Nodes nodes, std::size_t at) const noexcept {
    return links_.left(static_cast<std::uint32_t>(nodes[at].link));
  }

  /// Asks for the nodes that the rows of a part will meet, or for the first of them.
  void fetch(Nodes nodes, const Part& part) const noexcept {
    constexpr std::size_t line = 64 / sizeof(DeepNode<Key>);
    constexpr std::size_t most_lines = 192;
    const std::size_t begin = first_below(nodes, part.at);
    const std::size_t end = std::min(part.end, begin + most_lines * line);
    for (std::size_t i = begin; i < end; i += line) __builtin_prefetch(nodes + i);
  }

  /// Moves the rows that go left to the front and returns how many they are. `right` is scratch.
  std::size_t divide(const DeepNode<Key> node, const Key* values, std::size_t width, std::span<std::uint16_t> rows,
                     std::span<std::uint16_t> right) const noexcept {
    std::size_t n_left = 0;
    std::size_t n_right = 0;
    for (const std::uint16_t row : rows) {
      const std::size_t is_right = goes_right(node, values + row * width);
      rows[n_left] = row;
      right[n_right] = row;
      n_left += 1 - is_right;
      n_right += is_right;
    }
    std::copy_n(right.begin(), n_right, rows.begin() + static_cast<std::ptrdiff_t>(n_left));
    return n_left;
  }

  void walk(Nodes nodes, const Part& part, const Key* values, std::size_t width, std::span<Key> leaves) const noexcept {
    for (std::size_t i = 0; i < part.rows.size(); i += lanes) {
      const auto some = part.rows.subspan(i, std::min(lanes, part.rows.size() - i));
      std::array<const Key*, lanes> rows;  // where there are few, the last one is walked several times
      for (std::size_t r = 0; r < lanes; ++r) rows[r] = values + some[std::min(r, some.size() - 1)] * width;
      const Positions at =
          descend(part.at, [&](std::size_t) { return nodes; }, [&](std::size_t lane) { return rows[lane]; });
      for (std::size_t r = 0; r < some.size(); ++r) leaves[some[r]] = nodes[at[r]].key;
    }
  }

  /// Walks from one position to the ends, each lane in its own nodes by its own row.
  template <class NodesOf, class RowOf>
  Positions descend(std::size_t from, NodesOf nodes, RowOf row) const noexcept {
    constexpr int steps = 4;
    Positions at;
    at.fill(from);
    const auto has_ended = [&](std::size_t lane) { return nodes(lane)[at[lane]].is_leaf() ? 1 : 0; };
    for (std::size_t n_ended = 0; n_ended < lanes;) {
      for (int s = 0; s < steps; ++s) {
        for (std::size_t lane = 0; lane < lanes; ++lane) at[lane] = step(nodes(lane), at[lane], row(lane));
      }
      n_ended = 0;
      for (std::size_t lane = 0; lane < lanes; ++lane) n_ended += has_ended(lane);
    }
    return at;
  }

  std::size_t step(Nodes nodes, std::size_t at, const Key* row) const noexcept {
    return links_.left(static_cast<std::uint32_t>(nodes[at].link)) + goes_right(nodes[at], row);
  }

  /// 0 or 1.
  std::size_t goes_right(const DeepNode<Key>& node, const Key* row) const noexcept {
    const auto link = static_cast<std::uint32_t>(node.link);
    if constexpr (has_categories) {
      if ((link & Links::category) != 0) {
        const std::size_t code = row[links_.column(link & ~Links::category)];
        const std::uint64_t* set = category_bits_ + (node.key & ~Key{list_key});
        return category_set_holds(set, (node.key & list_key) != 0, code) ? 0 : 1;
      }
    }
    return node.key < row[links_.column(link)] ? 1 : 0;
  }

  TheLinks links_;
  const std::uint64_t* category_bits_;
};

}  // namespace thrum::deep_trees
