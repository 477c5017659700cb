#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace thrum {

/// A question about one feature: which of two ways a row goes.
struct TreeNode {
  std::int32_t feature = 0;  ///< index in the schema
  /// Children: c >= 0 is node c, which comes after its parent; c < 0 is leaf ~c.
  std::int32_t left = -1;
  std::int32_t right = -1;
  /// -1: x <= threshold goes left. Else the first word in Tree::category_bits of a set of categories, one bit per
  /// category of the feature; those in it go left.
  std::int32_t category_set = -1;
  double threshold = 0;       ///< finite; unused where there is a category set
  bool missing_left = false;  ///< where NaN and unknown categories go
  float gain = 0;             ///< by how much the split lowered the training loss
  double weight = 0;          ///< of the training rows that came here
};

/// A binary tree. Without nodes it is leaf 0 for every row.
struct Tree {
  std::vector<TreeNode> nodes;               ///< nodes[0] is the root
  std::vector<double> leaf_values;           ///< (n_leaves, leaf_width) row-major
  std::vector<double> leaf_weights;          ///< (n_leaves), of the training rows that came there
  std::vector<std::uint64_t> category_bits;  ///< the sets, ceil(n_categories / 64) words each

  std::size_t n_leaves() const noexcept { return leaf_weights.size(); }
};

/// How the margins of an ensemble become outputs.
enum class Link {
  identity,  ///< a number
  logistic,  ///< one margin: the log-odds of the second class
  softmax,   ///< one margin per class
  exp,       ///< the logarithm of a positive number
  clip,      ///< margins are probabilities already, as the means of a forest are
};

/// Trees whose leaves add up: margin k of a row is base[k] + scale * (the sum of its leaves' values for k).
struct TreeEnsemble {
  std::vector<Tree> trees;
  /// Values per leaf: n_margins, or 1 where tree t counts for margin t % n_margins only.
  std::size_t leaf_width = 1;
  std::vector<double> base = {0.0};  ///< (n_margins)
  double scale = 1;                  ///< 1 / n_trees for a mean
  Link link = Link::identity;

  std::size_t n_margins() const noexcept { return base.size(); }
};

}  // namespace thrum
