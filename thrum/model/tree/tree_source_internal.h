#pragma once

#include <cstddef>

#include "thrum/model/tree/tree.h"

namespace thrum {

/// Trees that are asked for one by one: who needs no two of them at once reads a large file without the memory, and the
/// time, that all of them take. Several threads may ask, each for other trees.
class TreeSource {
 public:
  virtual ~TreeSource() = default;

  /// How their leaves add up. Its trees are not to be looked at.
  virtual const TreeEnsemble& sums() const noexcept = 0;
  virtual std::size_t n_trees() const noexcept = 0;
  /// Of all trees, without their leaves; of one.
  virtual std::size_t n_nodes() const noexcept = 0;
  virtual std::size_t n_nodes(std::size_t t) const noexcept = 0;
  /// Tree t, well-formed; perhaps in `room`. Throws corrupt_data.
  virtual const Tree& tree(std::size_t t, Tree& room) const = 0;
};

/// Those of an ensemble, which must outlive it.
class TreesInMemory final : public TreeSource {
 public:
  explicit TreesInMemory(const TreeEnsemble& ensemble) : ensemble_(ensemble) {}

  const TreeEnsemble& sums() const noexcept override { return ensemble_; }
  std::size_t n_trees() const noexcept override { return ensemble_.trees.size(); }
  std::size_t n_nodes() const noexcept override { return thrum::n_nodes(ensemble_); }
  std::size_t n_nodes(std::size_t t) const noexcept override { return ensemble_.trees[t].nodes.size(); }
  const Tree& tree(std::size_t t, Tree&) const override { return ensemble_.trees[t]; }

 private:
  const TreeEnsemble& ensemble_;
};

}  // namespace thrum
