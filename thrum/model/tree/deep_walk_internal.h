#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "thrum/model/tree/deep_node_internal.h"

namespace thrum::deep_trees {

/// Walks down trees, several at once: what one waits for, the others use.
template <class T, bool has_categories>
class Walk {
 public:
  using Nodes = const DeepNode<T>*;
  using Positions = std::array<std::size_t, lanes>;

  Walk(Links links, const std::uint64_t* category_bits) : links_(links), category_bits_(category_bits) {}

  /// Where `lanes` rows of `width` values end in one tree.
  Positions rows(Nodes nodes, const T* rows, std::size_t width) const noexcept {
    return together([=](std::size_t) { return nodes; }, [=](std::size_t lane) { return rows + lane * width; });
  }

  /// Where a row ends in `lanes` trees.
  Positions trees(const std::array<Nodes, lanes>& nodes, const T* row) const noexcept {
    return together([&](std::size_t lane) { return nodes[lane]; }, [=](std::size_t) { return row; });
  }

  std::size_t one(Nodes nodes, const T* row) const noexcept {
    std::size_t at = 0;
    for (std::size_t next = step(nodes, at, row); next != at; next = step(nodes, at, row)) at = next;
    return at;
  }

 private:
  /// A few steps each, until none moves any more.
  template <class NodesOf, class RowOf>
  Positions together(NodesOf nodes_of, RowOf row_of) const noexcept {
    constexpr int steps = 3;
    Positions at = {};
    std::size_t moved = 1;
    while (moved != 0) {
      for (int i = 0; i < steps; ++i) {
        for (std::size_t lane = 0; lane < lanes; ++lane) at[lane] = step(nodes_of(lane), at[lane], row_of(lane));
      }
      moved = 0;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::size_t next = step(nodes_of(lane), at[lane], row_of(lane));
        moved |= next ^ at[lane];
        at[lane] = next;
      }
    }
    return at;
  }

  std::size_t step(Nodes nodes, std::size_t at, const T* row) const noexcept {
    const DeepNode<T> node = nodes[at];
    const auto link = static_cast<std::uint32_t>(node.link);
    if constexpr (has_categories) {
      if ((link & Links::category) != 0) {
        const auto code = static_cast<std::size_t>(row[links_.column(link & ~Links::category)]);
        const std::uint64_t is_left = category_bits_[node.word() + code / 64] >> code % 64 & 1;
        return links_.left(link) + 1 - is_left;
      }
    }
    return links_.left(link) + (row[links_.column(link)] > node.threshold ? 1 : 0);
  }

  Links links_;
  const std::uint64_t* category_bits_;
};

}  // namespace thrum::deep_trees
