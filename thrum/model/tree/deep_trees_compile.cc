#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "thrum/core/bytes.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/deep_node_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

using namespace deep_trees;

template <class T>
class Compiler {
 public:
  Compiler(const TreeEnsemble& ensemble, const Schema& schema)
      : ensemble_(ensemble), schema_(schema), links_(schema.features.size()) {
    for (const Tree& tree : ensemble.trees) add(tree);
  }

  std::vector<std::byte> image() const {
    ModelFileBuilder image;
    add_engine(image, sizeof(T) == 4 ? "deep-float-trees" : "deep-double-trees", schema_);
    if (ensemble_.leaf_width > 1) image.add_metadata("vector_leaves", "true");
    TreeOutputs::write(image, ensemble_);
    add_raw_tensor<std::uint64_t>(image, "first_nodes", first_nodes_);
    add_raw_tensor<DeepNode<T>>(image, "nodes", nodes_);
    add_raw_tensor<double>(image, "leaf_values", leaf_values_);
    add_raw_tensor<std::uint64_t>(image, "category_bits", category_bits_);
    return image.bytes();
  }

 private:
  /// A node or leaf of the tree, and where it goes.
  struct Placed {
    std::int32_t child;
    std::size_t at;
  };

  void add(const Tree& tree) {
    const std::size_t first = nodes_.size();
    const std::size_t first_word = category_bits_.size();
    first_nodes_.push_back(first);
    category_bits_.insert(category_bits_.end(), tree.category_bits.begin(), tree.category_bits.end());
    nodes_.emplace_back();
    std::vector<Placed> open = {{tree.nodes.empty() ? ~0 : 0, 0}};
    while (!open.empty()) {
      const auto [child, at] = open.back();
      open.pop_back();
      if (child < 0) {
        nodes_[first + at] = leaf(tree, static_cast<std::size_t>(~child), at);
        continue;
      }
      const TreeNode& node = tree.nodes[static_cast<std::size_t>(child)];
      const std::size_t left = nodes_.size() - first;
      nodes_[first + at] = question(node, left, first_word);
      nodes_.resize(nodes_.size() + 2);
      const Placed children[] = {{node.left, left}, {node.right, left + 1}};
      const std::size_t heavier = weight(tree, node.left) >= weight(tree, node.right) ? 0 : 1;
      open.push_back(children[1 - heavier]);
      open.push_back(children[heavier]);
    }
  }

  static double weight(const Tree& tree, std::int32_t child) {
    return child < 0 ? tree.leaf_weights[static_cast<std::size_t>(~child)]
                     : tree.nodes[static_cast<std::size_t>(child)].weight;
  }

  DeepNode<T> question(const TreeNode& node, std::size_t left, std::size_t first_word) const {
    const auto feature = static_cast<std::size_t>(node.feature);
    const std::uint32_t missing = node.missing_left ? Links::missing_left : 0;
    if (node.category_set < 0) {
      const double threshold = compiled_threshold(node, ensemble_);
      return {static_cast<T>(threshold), links_.link(left, feature, missing)};
    }
    const std::size_t word = first_word + static_cast<std::size_t>(node.category_set);
    return {DeepNode<T>::of_word(word), links_.link(left, feature, missing | Links::category)};
  }

  DeepNode<T> leaf(const Tree& tree, std::size_t leaf, std::size_t at) {
    const auto row = std::span(tree.leaf_values).subspan(leaf * ensemble_.leaf_width, ensemble_.leaf_width);
    const auto [found, is_new] = row_of_.emplace(text_of(std::as_bytes(row)), row_of_.size());
    if (is_new) leaf_values_.insert(leaf_values_.end(), row.begin(), row.end());
    return {DeepNode<T>::of_leaf_row(found->second), links_.link(at, 0, Links::missing_left)};
  }

  const TreeEnsemble& ensemble_;
  const Schema& schema_;
  Links links_;
  std::vector<std::uint64_t> first_nodes_;
  std::vector<DeepNode<T>> nodes_;
  std::vector<double> leaf_values_;
  std::vector<std::uint64_t> category_bits_;
  std::unordered_map<std::string_view, std::size_t> row_of_;
};

bool is_float(double x) {
  return static_cast<double>(static_cast<float>(x)) == x;
}

/// Any of the ensemble's nodes.
template <class Has>
bool any_node(const TreeEnsemble& ensemble, Has has) {
  return std::ranges::any_of(ensemble.trees, [&](const Tree& tree) { return std::ranges::any_of(tree.nodes, has); });
}

/// Whether float nodes can say everything.
bool fits_floats(const TreeEnsemble& ensemble) {
  std::size_t n_leaves = 0;
  std::size_t n_words = 0;
  for (const Tree& tree : ensemble.trees) {
    n_leaves += tree.n_leaves();
    n_words += tree.category_bits.size();
  }
  return n_leaves <= DeepNode<float>::most_leaf_rows && n_words <= std::size_t{1} << 31 &&
         !any_node(ensemble, [&](const TreeNode& node) { return !is_float(compiled_threshold(node, ensemble)); });
}

}  // namespace

bool fits_deep_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  const std::size_t most_nodes = Links(schema.features.size()).most_nodes();
  return std::ranges::all_of(ensemble.trees,
                             [&](const Tree& tree) { return tree.nodes.size() + tree.n_leaves() <= most_nodes; }) &&
         !any_node(ensemble, [](const TreeNode& node) { return node.zero_is_missing; });
}

std::vector<std::byte> compile_deep_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  return fits_floats(ensemble) ? Compiler<float>(ensemble, schema).image() : Compiler<double>(ensemble, schema).image();
}

}  // namespace thrum
