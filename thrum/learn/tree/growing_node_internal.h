#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "thrum/learn/tree/gradient_grid_internal.h"
#include "thrum/learn/tree/split_search_internal.h"

namespace thrum {

/// A node of a tree that TreeGrower grows.
struct GrowingNode {
  std::size_t begin = 0;  ///< of its rows, on their side
  std::size_t end = 0;
  int side = 0;
  NodeSums sums = {};
  std::size_t depth = 0;
  bool may_split = false;            ///< its sums and its depth allow it
  GradientSum* histogram = nullptr;  ///< only while it may be split
  Split split = {};                  ///< the best one
  GrowingNode* left = nullptr;       ///< once its split has begun
  GrowingNode* right = nullptr;
  bool is_split = false;
  // Only where features differ by node:
  std::uint64_t way = 0;
  std::vector<std::size_t> used = {};
  std::vector<std::uint8_t> allowed = {};
  // Once it is in the tree:
  std::size_t id = 0;  ///< by age
  std::size_t leaf = 0;
  std::int32_t parent = -1;  ///< in GrownTree::nodes

  std::size_t size() const { return end - begin; }
};

/// Two children whose histograms add up to their parent's, which `larger` has taken over; or the root as `smaller`.
struct Siblings {
  GrowingNode* smaller;
  GrowingNode* larger;
};

}  // namespace thrum
