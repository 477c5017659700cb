#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

#include "thrum/model/tree/deep_node_internal.h"

namespace thrum::deep_trees {

/// Walks down trees, several at once: what one waits for, the others use.
template <class Key, bool has_categories>
class Walk {
 public:
  using Nodes = const DeepNode<Key>*;
  using Positions = std::array<std::size_t, lanes>;

  Walk(Links links, const std::uint64_t* category_bits) : links_(links), category_bits_(category_bits) {}

  /// Where the rows of a block end in one tree: ends[i] of row i, a node. `open` is scratch of the same size. Rows that
  /// have ended are put aside every few steps, for some ways are twice as long as others.
  void rows(Nodes nodes, const Key* values, std::size_t width, std::span<std::uint32_t> ends,
            std::span<std::uint32_t> open) const noexcept {
    constexpr int first_steps = 8;
    constexpr int more_steps = 4;
    std::iota(open.begin(), open.end(), 0u);
    std::ranges::fill(ends, 0u);
    std::size_t n_open = open.size();
    for (int steps = first_steps; n_open > 0; steps = more_steps) {
      std::size_t n_kept = 0;
      for (std::size_t i = 0; i < n_open; i += rows_at_once) {
        const auto some = open.subspan(i, std::min(rows_at_once, n_open - i));
        advance(nodes, steps, values, width, ends, some);
        for (const std::uint32_t row : some) {
          open[n_kept] = row;
          n_kept += nodes[ends[row]].is_leaf() ? 0 : 1;
        }
      }
      n_open = n_kept;
    }
  }

  /// Where a row ends in `lanes` trees.
  Positions trees(const std::array<Nodes, lanes>& nodes, const Key* row) const noexcept {
    constexpr int steps = 3;
    Positions at = {};
    std::size_t n_ended = 0;
    while (n_ended < lanes) {
      for (int s = 0; s < steps; ++s) {
        for (std::size_t lane = 0; lane < lanes; ++lane) at[lane] = step(nodes[lane], at[lane], row);
      }
      n_ended = 0;
      for (std::size_t lane = 0; lane < lanes; ++lane) n_ended += nodes[lane][at[lane]].is_leaf() ? 1 : 0;
    }
    return at;
  }

  std::size_t one(Nodes nodes, const Key* row) const noexcept {
    std::size_t at = 0;
    while (!nodes[at].is_leaf()) at = step(nodes, at, row);
    return at;
  }

 private:
  /// Enough to hide the latency of the second-level cache.
  static constexpr std::size_t rows_at_once = 16;

  /// Some steps of some rows; where there are few, the last one is walked several times.
  void advance(Nodes nodes, int steps, const Key* values, std::size_t width, std::span<std::uint32_t> ends,
               std::span<const std::uint32_t> some) const noexcept {
    std::array<const Key*, rows_at_once> rows;
    std::array<std::uint32_t, rows_at_once> at;
    for (std::size_t r = 0; r < rows_at_once; ++r) {
      const std::uint32_t row = some[std::min(r, some.size() - 1)];
      rows[r] = values + row * width;
      at[r] = ends[row];
    }
    for (int s = 0; s < steps; ++s) {
      for (std::size_t r = 0; r < rows_at_once; ++r) at[r] = static_cast<std::uint32_t>(step(nodes, at[r], rows[r]));
    }
    for (std::size_t r = 0; r < some.size(); ++r) ends[some[r]] = at[r];
  }

  std::size_t step(Nodes nodes, std::size_t at, const Key* row) const noexcept {
    const auto link = static_cast<std::uint32_t>(nodes[at].link);
    if constexpr (has_categories) {
      if ((link & Links::category) != 0) {
        const std::size_t code = row[links_.column(link & ~Links::category)];
        const std::uint64_t is_left = category_bits_[nodes[at].key + code / 64] >> code % 64 & 1;
        return links_.left(link) + 1 - is_left;
      }
    }
    return links_.left(link) + (nodes[at].key < row[links_.column(link)] ? 1 : 0);
  }

  Links links_;
  const std::uint64_t* category_bits_;
};

}  // namespace thrum::deep_trees
