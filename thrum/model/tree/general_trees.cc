#include "thrum/model/tree/general_trees_internal.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/node_rule_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

/// A question as the image holds it. Links count nodes and leaves of the whole ensemble.
struct Node {
  double threshold;
  std::int32_t feature;
  std::int32_t left;   ///< a node, or ~leaf
  std::int32_t right;  ///< likewise
  std::int32_t category_set;
  std::uint32_t rule;  ///< see NodeRule
  std::uint32_t padding;
};
static_assert(sizeof(Node) == 32);

std::int32_t shifted(std::int32_t child, std::size_t first_node, std::size_t first_leaf) {
  return child >= 0 ? child + static_cast<std::int32_t>(first_node) : child - static_cast<std::int32_t>(first_leaf);
}

class GeneralTrees final : public Predictor {
 public:
  GeneralTrees(const ModelFile& image, Schema schema) : schema_(std::move(schema)), outputs_(image, schema_) {
    nodes_ = raw_tensor<Node>(image, "nodes");
    roots_ = raw_tensor<std::int32_t>(image, "roots");
    leaf_values_ = raw_tensor<double>(image, "leaf_values");
    category_bits_ = raw_tensor<std::uint64_t>(image, "category_bits");
    leaf_width_ = image.has_metadata("vector_leaves") ? outputs_.n_margins() : 1;
    if (leaf_values_.size() % leaf_width_ != 0) image.fail("has leaves of another width than its trees");
    n_leaves_ = leaf_values_.size() / leaf_width_;
    if (image.origin() != Origin::own && !trees_fit()) {
      image.fail("has trees whose nodes are linked wrongly");
    }
  }

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return outputs_.n_outputs(); }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto out = outputs.row(i);
      std::ranges::fill(out, 0.0);
      for (std::size_t t = 0; t < roots_.size(); ++t) add_leaf(t, leaf_of(roots_[t], rows.row(i)), out);
      outputs_.finish(out);
    }
  }

 private:
  bool link_fits(std::int32_t link, std::int64_t parent) const {
    return link >= 0 ? link > parent && static_cast<std::size_t>(link) < nodes_.size()
                     : ~static_cast<std::size_t>(link) < n_leaves_;
  }

  bool trees_fit() const {
    return std::ranges::all_of(roots_, [&](std::int32_t root) { return link_fits(root, -1); }) && nodes_fit();
  }

  bool nodes_fit() const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      const auto parent = static_cast<std::int64_t>(i);
      if (!link_fits(node.left, parent) || !link_fits(node.right, parent) || node.feature < 0 ||
          static_cast<std::size_t>(node.feature) >= schema_.features.size()) {
        return false;
      }
      const Feature& feature = schema_.features[static_cast<std::size_t>(node.feature)];
      if ((feature.type == FeatureType::category) != (node.category_set >= 0)) return false;
      if (node.category_set >= 0 && !set_fits(node, feature.categories.size())) return false;
    }
    return true;
  }

  bool set_fits(const Node& node, std::size_t n_categories) const {
    const auto begin = static_cast<std::size_t>(node.category_set);
    if (NodeRule(node.rule).category_list()) return category_list_fits(category_bits_, begin);
    const std::size_t n_words = (n_categories + 63) / 64;
    return n_words <= category_bits_.size() && begin <= category_bits_.size() - n_words;
  }

  std::size_t leaf_of(std::int32_t at, std::span<const double> row) const noexcept {
    while (at >= 0) {
      const Node& node = nodes_[static_cast<std::size_t>(at)];
      at = goes_left(node, row[static_cast<std::size_t>(node.feature)]) ? node.left : node.right;
    }
    return ~static_cast<std::size_t>(at);
  }

  bool goes_left(const Node& node, double x) const noexcept {
    const NodeRule rule(node.rule);
    if (node.category_set < 0) return rule.goes_left(x, node.threshold);
    const std::size_t n_categories = schema_.features[static_cast<std::size_t>(node.feature)].categories.size();
    return rule.goes_left(x, category_bits_.data() + node.category_set, n_categories);
  }

  void add_leaf(std::size_t tree, std::size_t leaf, std::span<double> sums) const noexcept {
    if (leaf_width_ == 1) {
      sums[tree % outputs_.n_margins()] += leaf_values_[leaf];
      return;
    }
    const double* values = leaf_values_.data() + leaf * leaf_width_;
    for (std::size_t k = 0; k < leaf_width_; ++k) sums[k] += values[k];
  }

  Schema schema_;
  TreeOutputs outputs_;
  std::span<const Node> nodes_;
  std::span<const std::int32_t> roots_;
  std::span<const double> leaf_values_;  ///< (n_leaves, leaf_width)
  std::span<const std::uint64_t> category_bits_;
  std::size_t leaf_width_ = 1;
  std::size_t n_leaves_ = 0;
};

}  // namespace

std::vector<std::byte> compile_general_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  std::vector<Node> nodes;
  std::vector<std::int32_t> roots;
  std::vector<double> leaf_values;
  std::vector<std::uint64_t> category_bits;
  std::size_t n_leaves = 0;
  for (const Tree& tree : ensemble.trees) {
    const std::size_t first_node = nodes.size();
    roots.push_back(tree.nodes.empty() ? ~static_cast<std::int32_t>(n_leaves) : static_cast<std::int32_t>(first_node));
    for (const TreeNode& node : tree.nodes) {
      nodes.push_back({.threshold = compiled_threshold(node, ensemble),
                       .feature = node.feature,
                       .left = shifted(node.left, first_node, n_leaves),
                       .right = shifted(node.right, first_node, n_leaves),
                       .category_set = node.category_set < 0
                                           ? -1
                                           : node.category_set + static_cast<std::int32_t>(category_bits.size()),
                       .rule = NodeRule::of(node).bits(),
                       .padding = 0});
    }
    leaf_values.insert(leaf_values.end(), tree.leaf_values.begin(), tree.leaf_values.end());
    category_bits.insert(category_bits.end(), tree.category_bits.begin(), tree.category_bits.end());
    n_leaves += tree.n_leaves();
  }
  ModelFileBuilder image;
  add_engine(image, "general-trees", schema);
  if (ensemble.leaf_width > 1) image.add_metadata("vector_leaves", "true");
  TreeOutputs::write(image, ensemble);
  add_raw_tensor<Node>(image, "nodes", nodes);
  add_raw_tensor<std::int32_t>(image, "roots", roots);
  add_raw_tensor<double>(image, "leaf_values", leaf_values);
  add_raw_tensor<std::uint64_t>(image, "category_bits", category_bits);
  return image.bytes();
}

std::unique_ptr<Predictor> open_general_trees(const ModelFile& image, Schema schema) {
  return std::make_unique<GeneralTrees>(image, std::move(schema));
}

}  // namespace thrum
