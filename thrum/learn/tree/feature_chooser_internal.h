#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/tree_grower_internal.h"

namespace thrum {

/// Which features may split the nodes of a tree: shares of them, drawn per tree, per depth and per node, and those that
/// may meet the ones already used on the way from the root. The draws follow from the seed, the tree, and the way from
/// the root, so that they do not depend on the order in which nodes are split.
class FeatureChooser final : public NodeFeatures {
 public:
  FeatureChooser(const GbdtOptions& options, std::span<const BinnedFeature> features,
                 std::vector<std::vector<std::uint8_t>> interactions)
      : options_(options), features_(features), interactions_(std::move(interactions)) {}

  /// For the tree with this key.
  void begin(std::uint64_t key);

  std::span<const std::uint8_t> of_tree() const override { return tree_; }
  bool differ_by_node() const override;
  std::vector<std::uint8_t> of_node(const Place& place) const override;

 private:
  std::vector<std::uint8_t> draw(std::vector<std::uint8_t> from, double share, std::uint64_t key) const;

  const GbdtOptions& options_;
  std::span<const BinnedFeature> features_;
  std::vector<std::vector<std::uint8_t>> interactions_;  ///< by table feature
  std::uint64_t key_ = 0;
  std::vector<std::uint8_t> tree_;
};

}  // namespace thrum
