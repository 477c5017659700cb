#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "thrum/model/tree/byte_trees_internal.h"

namespace thrum::byte_trees {

/// What follows a node of a group is written in a byte: the slot of a node, or leaf c as first_leaf + c, below 0. The
/// lowest seven bits of a leaf are those of its place behind the slots, too.
inline constexpr int first_leaf = -64;
inline constexpr std::size_t most_grouped_planes = 128;  ///< so that a row's bytes are two registers of 64

/// The questions of two trees of at most half as many leaves as there are slots, or of one larger tree. The root of the
/// first is in slot 0, that of the second in the middle. Slots without a node lead to leaf 0.
struct alignas(64) Group {
  static constexpr std::size_t slots = 64;
  static constexpr std::size_t half = slots / 2;

  std::int8_t planes[slots];
  std::int8_t ranks[slots];
  std::int8_t left[slots];
  std::int8_t right[slots];
};

/// The trees once more, for one row alone: all questions of a group are answered at once, and each node learns which
/// node follows it. Then it learns what follows that one, and so on, twice as far each time, until all have come to
/// leaves: as many lookups as the depth has binary digits.
struct Groups {
  std::vector<Group> groups;        ///< those of each chunk after those of the one before
  std::size_t trees_per_group = 0;  ///< 1 or 2; 0 where the trees do not fit

  std::size_t of(const Chunk& chunk) const noexcept {
    return trees_per_group == 0 ? 0 : (chunk.n_trees + trees_per_group - 1) / trees_per_group;
  }
};

/// REQUIRES: what check() has let pass.
Groups group_trees(const View& view);

/// Adds the leaves of a row, whose bytes are most_planes, in the trees of a chunk to `sums`; or returns false where
/// walking is faster. REQUIRES: groups.trees_per_group > 0, row aligned to 64 bytes.
bool add_groups(const View& view, const Groups& groups, const Chunk& chunk, std::size_t first_group,
                const std::int8_t* row, double* sums) noexcept;

}  // namespace thrum::byte_trees
