#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace thrum {

/// Which features may split the nodes of a tree, one flag per BinnedTable::features().
class NodeFeatures {
 public:
  virtual ~NodeFeatures() = default;

  /// Where a node is.
  struct Place {
    std::size_t depth;
    std::uint64_t way;                  ///< a hash of the turns from the root
    std::span<const std::size_t> used;  ///< features of the splits above
  };

  virtual std::span<const std::uint8_t> of_tree() const = 0;
  virtual bool differ_by_node() const { return false; }
  /// REQUIRES: differ_by_node().
  virtual std::vector<std::uint8_t> of_node(const Place&) const { return {}; }
};

/// All of them, or the same for all nodes.
class FixedFeatures final : public NodeFeatures {
 public:
  explicit FixedFeatures(std::vector<std::uint8_t> flags) : flags_(std::move(flags)) {}
  std::span<const std::uint8_t> of_tree() const override { return flags_; }

 private:
  std::vector<std::uint8_t> flags_;
};

}  // namespace thrum
