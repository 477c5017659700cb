#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "thrum/model/engine_internal.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/deep_node_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/distinct_rows_internal.h"
#include "thrum/model/tree/each_tree_internal.h"
#include "thrum/model/tree/raw_tensor_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

using namespace deep_trees;

/// The columns that the nodes of an ensemble ask for.
class ColumnPlan {
 public:
  ColumnPlan(const TreeEnsemble& ensemble, const Schema& schema) : index_(schema.features.size() * n_rules, unused) {
    for (const Tree& tree : ensemble.trees) {
      for (const TreeNode& node : tree.nodes) index_[key_of(node)] = 0;
    }
    for (std::size_t key = 0; key < index_.size(); ++key) {
      if (index_[key] == unused) continue;
      index_[key] = columns_.size();
      columns_.push_back({static_cast<std::uint32_t>(key / n_rules), static_cast<std::uint32_t>(key % n_rules),
                          static_cast<std::uint32_t>(schema.features[key / n_rules].categories.size())});
    }
  }

  const std::vector<DeepColumn>& columns() const { return columns_; }
  std::size_t column(const TreeNode& node) const { return index_[key_of(node)]; }

 private:
  static constexpr std::size_t n_rules = 4;
  static constexpr std::size_t unused = ~std::size_t{0};

  /// The sets of categories know themselves where unknown ones go.
  static std::size_t key_of(const TreeNode& node) {
    return static_cast<std::size_t>(node.feature) * n_rules + (node.category_set < 0 ? NodeRule::of(node).bits() : 0);
  }

  std::vector<std::size_t> index_;
  std::vector<DeepColumn> columns_;
};

template <class Key>
class Compiler {
 public:
  Compiler(const TreeEnsemble& ensemble, const Schema& schema)
      : ensemble_(ensemble),
        schema_(schema),
        plan_(ensemble, schema),
        links_(plan_.columns().size()),
        leaf_values_(ensemble.leaf_width) {
    std::size_t n_placed = 0, n_words = 0;
    for (const Tree& tree : ensemble.trees) {
      first_nodes_.push_back(n_placed);
      first_words_.push_back(n_words);
      n_placed += tree.nodes.size() + tree.n_leaves();
      for (const TreeNode& node : tree.nodes) n_words += n_words_of(node, tree);
    }
    nodes_.resize(n_placed);
    category_bits_.resize(n_words);
    for_each_tree(ensemble.trees.size(), n_nodes(ensemble), [this](std::size_t t) { place(t); });
    for (std::size_t t = 0; t < ensemble.trees.size(); ++t) add_leaves(t);
  }

  std::vector<std::byte> image() const {
    ModelFileBuilder image;
    add_engine(image, sizeof(Key) == 4 ? "deep-float-trees" : "deep-double-trees", schema_);
    if (ensemble_.leaf_width > 1) image.add_metadata("vector_leaves", "true");
    TreeOutputs::write(image, ensemble_);
    add_raw_tensor<DeepColumn>(image, "columns", plan_.columns());
    add_raw_tensor<std::uint64_t>(image, "first_nodes", first_nodes_);
    add_raw_tensor<DeepNode<Key>>(image, "nodes", nodes_);
    add_raw_tensor<double>(image, "leaf_values", leaf_values_.values());
    add_raw_tensor<std::uint64_t>(image, "category_bits", category_bits_);
    return image.bytes();
  }

 private:
  /// A node or leaf of the tree, and where it goes.
  struct Placed {
    std::int32_t child;
    std::size_t at;
  };

  /// The nodes of a tree. Those of leaves hold the number of the leaf: which leaves are equal is seen later.
  void place(std::size_t t) {
    const Tree& tree = ensemble_.trees[t];
    const auto nodes = std::span(nodes_).subspan(first_nodes_[t], tree.nodes.size() + tree.n_leaves());
    std::size_t n_placed = 1, next_word = first_words_[t];
    std::vector<Placed> open = {{tree.nodes.empty() ? ~0 : 0, 0}};
    while (!open.empty()) {
      const auto [child, at] = open.back();
      open.pop_back();
      if (child < 0) {
        nodes[at] = {static_cast<Key>(DeepNode<Key>::first_leaf() + ~static_cast<std::size_t>(child)),
                     links_.link(at, 0)};
        continue;
      }
      const TreeNode& node = tree.nodes[static_cast<std::size_t>(child)];
      const std::size_t left = std::exchange(n_placed, n_placed + 2);
      nodes[at] = question(node, tree, left, next_word);
      next_word += n_words_of(node, tree);
      const Placed children[] = {{node.left, left}, {node.right, left + 1}};
      const std::size_t heavier = weight(tree, node.left) >= weight(tree, node.right) ? 0 : 1;
      open.push_back(children[1 - heavier]);
      open.push_back(children[heavier]);
    }
  }

  static double weight(const Tree& tree, std::int32_t child) {
    return child < 0 ? tree.leaf_weights[~static_cast<std::size_t>(child)]
                     : tree.nodes[static_cast<std::size_t>(child)].weight;
  }

  std::size_t n_words_of(const TreeNode& node, const Tree& tree) const {
    if (node.category_set < 0) return 0;
    if (node.category_list) {
      return category_list_words(category_list_half(tree.category_bits.data() + node.category_set, 0) +
                                 (node.missing_left ? 1 : 0));
    }
    return schema_.features[static_cast<std::size_t>(node.feature)].categories.size() / 64 + 1;
  }

  DeepNode<Key> question(const TreeNode& node, const Tree& tree, std::size_t left, std::size_t first_word) {
    const std::uint32_t link = links_.link(left, plan_.column(node));
    if (node.category_set < 0) {
      return {order_key<Key>(static_cast<NumberOf<Key>>(compiled_threshold(node, ensemble_))), link};
    }
    const std::size_t n = schema_.features[static_cast<std::size_t>(node.feature)].categories.size();
    std::vector<std::uint32_t> codes = category_codes(node, tree, n);
    if (node.missing_left) codes.push_back(static_cast<std::uint32_t>(n));  // unknown ones have the code behind all
    std::uint64_t* set = category_bits_.data() + first_word;
    node.category_list ? write_category_list(codes, set) : write_category_bits(codes, set);
    return {static_cast<Key>(first_word | (node.category_list ? list_key : 0)), link | Links::category};
  }

  void add_leaves(std::size_t t) {
    const Tree& tree = ensemble_.trees[t];
    const std::size_t width = ensemble_.leaf_width;
    for (DeepNode<Key>& node : std::span(nodes_).subspan(first_nodes_[t], tree.nodes.size() + tree.n_leaves())) {
      if (!node.is_leaf()) continue;
      const std::size_t row =
          leaf_values_.index_of(std::span(tree.leaf_values).subspan(node.leaf_row() * width, width));
      node.key = static_cast<Key>(DeepNode<Key>::first_leaf() + row);
    }
  }

  const TreeEnsemble& ensemble_;
  const Schema& schema_;
  ColumnPlan plan_;
  Links links_;
  std::vector<std::uint64_t> first_nodes_;
  std::vector<DeepNode<Key>> nodes_;
  std::vector<std::uint64_t> category_bits_;
  std::vector<std::size_t> first_words_;  ///< of each tree in category_bits_
  DistinctRows leaf_values_;
};

bool is_float(double x) {
  return static_cast<double>(static_cast<float>(x)) == x;
}

/// Any of the ensemble's nodes.
template <class Has>
bool any_node(const TreeEnsemble& ensemble, Has has) {
  return std::ranges::any_of(ensemble.trees, [&](const Tree& tree) { return std::ranges::any_of(tree.nodes, has); });
}

/// Whether nodes of 8 bytes can say everything.
bool fits_floats(const TreeEnsemble& ensemble) {
  std::size_t n_leaves = 0;
  for (const Tree& tree : ensemble.trees) n_leaves += tree.n_leaves();
  return n_leaves <= DeepNode<std::uint32_t>::most_leaf_rows() && !any_node(ensemble, [&](const TreeNode& node) {
           return node.category_set < 0 && !is_float(compiled_threshold(node, ensemble));
         });
}

}  // namespace

bool fits_deep_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  const std::size_t n_columns = ColumnPlan(ensemble, schema).columns().size();
  if (n_columns > most_columns<std::uint64_t>) return false;
  std::size_t n_words = 0;
  for (const Tree& tree : ensemble.trees) n_words += tree.category_bits.size() + tree.nodes.size();
  return n_words <= std::size_t{list_key} && std::ranges::all_of(ensemble.trees, [&](const Tree& tree) {
           return tree.nodes.size() + tree.n_leaves() <= Links(n_columns).most_nodes();
         });
}

std::vector<std::byte> compile_deep_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  return fits_floats(ensemble) ? Compiler<std::uint32_t>(ensemble, schema).image()
                               : Compiler<std::uint64_t>(ensemble, schema).image();
}

}  // namespace thrum
