#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/ranked_table.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

/// A finished tree over the rows of a ranked table: which leaf each of them comes to. Refers to both.
class RankWalk {
 public:
  RankWalk(const Tree& tree, const RankedTable& table);

  /// The number of the leaf.
  std::size_t leaf_of(std::size_t row) const noexcept;

 private:
  struct Node {
    const std::uint16_t* ranks;  ///< of the feature
    std::int32_t left;
    std::int32_t right;
    std::uint16_t cut;  ///< ranks 1 to here go left
    bool missing_left;
    bool is_list;
    const std::uint64_t* set;  ///< of the categories that do; null for a number
  };

  std::vector<Node> nodes_;
  std::size_t stride_;
};

}  // namespace thrum::forest
