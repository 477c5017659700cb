#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/schema.h"

namespace thrum {

/// A question about one feature: which of two ways a row goes.
struct TreeNode {
  std::int32_t feature = 0;  ///< index in the schema
  /// Children: c >= 0 is node c, which comes after its parent; c < 0 is leaf ~c.
  std::int32_t left = -1;
  std::int32_t right = -1;
  /// -1: x <= threshold goes left. Else the first word in Tree::category_bits of a set of categories; those in it go
  /// left.
  std::int32_t category_set = -1;
  double threshold = 0;          ///< below the largest double and finite; unused where there is a category set
  bool missing_left = false;     ///< where NaN and unknown categories go
  bool zero_is_missing = false;  ///< numbers up to 1e-35 in size, unrounded, go where NaN goes (LightGBM's)
  bool category_list = false;    ///< the set is a list of few of very many categories
  float gain = 0;                ///< by how much the split lowered the training loss
  double weight = 0;             ///< of the training rows that came here

  bool operator==(const TreeNode&) const = default;
};

/// A binary tree. Without nodes it is leaf 0 for every row.
struct Tree {
  std::vector<TreeNode> nodes;       ///< nodes[0] is the root
  std::vector<double> leaf_values;   ///< (n_leaves, leaf_width) row-major
  std::vector<double> leaf_weights;  ///< (n_leaves), of the training rows that came there
  /// The sets: one bit per category of the feature, in ceil(n_categories / 64) words, or a list: how many there are in
  /// the lower half of its first word, then they, ascending, in half a word each.
  std::vector<std::uint64_t> category_bits;

  std::size_t n_leaves() const noexcept { return leaf_weights.size(); }
  bool operator==(const Tree&) const = default;
};

/// How the margins of an ensemble become outputs: of a regression, one from one margin.
enum class Link {
  identity,  ///< of a regression
  logistic,  ///< log-odds: one margin of a number in [0, 1] or of the second of two classes, or one margin per class,
             ///< each learned against the rest, whose probabilities are then made to add up to 1
  softmax,   ///< one margin per class
  exp,       ///< of a regression: the logarithm of a positive number
  clip,      ///< probabilities already, as the means of a forest: one per class, or of the second of two classes
};

/// Trees whose leaves add up: margin k of a row is base[k] + scale * (the sum of its leaves' values for k).
struct TreeEnsemble {
  std::vector<Tree> trees;
  /// Values per leaf: n_margins, or 1 where tree t counts for margin t % n_margins only.
  std::size_t leaf_width = 1;
  std::vector<double> base = {0.0};  ///< (n_margins)
  double scale = 1;                  ///< 1 / n_trees for a mean
  Link link = Link::identity;
  /// Numbers are rounded to the nearest float before they are compared, as scikit-learn and XGBoost do.
  bool float_inputs = false;

  std::size_t n_margins() const noexcept { return base.size(); }
  bool operator==(const TreeEnsemble&) const = default;
};

std::string_view link_name(Link link) noexcept;
std::optional<Link> parse_link(std::string_view name) noexcept;

/// Of all its trees, without their leaves.
std::size_t n_nodes(const TreeEnsemble& ensemble) noexcept;

/// What keeps an ensemble from predicting rows of this schema, as the end of a sentence ("links a node of tree 3
/// wrongly"), or "" where it is well-formed: sizes that fit, links forward that reach every node and leaf once,
/// finite values, features and categories that exist, a link that fits the target.
std::string fault_of(const TreeEnsemble& ensemble, const Schema& schema);
/// The same of tree t of an ensemble whose leaves are so wide.
std::string fault_of(const Tree& tree, std::size_t t, std::size_t leaf_width, const Schema& schema);

}  // namespace thrum
