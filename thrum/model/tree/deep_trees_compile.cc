#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

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
      : ensemble_(ensemble), schema_(schema), plan_(ensemble, schema), links_(plan_.columns().size()) {
    for (const Tree& tree : ensemble.trees) add(tree);
  }

  std::vector<std::byte> image() const {
    ModelFileBuilder image;
    add_engine(image, sizeof(Key) == 4 ? "deep-float-trees" : "deep-double-trees", schema_);
    if (ensemble_.leaf_width > 1) image.add_metadata("vector_leaves", "true");
    TreeOutputs::write(image, ensemble_);
    add_raw_tensor<DeepColumn>(image, "columns", plan_.columns());
    add_raw_tensor<std::uint64_t>(image, "first_nodes", first_nodes_);
    add_raw_tensor<DeepNode<Key>>(image, "nodes", nodes_);
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
    first_nodes_.push_back(first);
    nodes_.emplace_back();
    std::vector<Placed> open = {{tree.nodes.empty() ? ~0 : 0, 0}};
    while (!open.empty()) {
      const auto [child, at] = open.back();
      open.pop_back();
      if (child < 0) {
        nodes_[first + at] = leaf(tree, ~static_cast<std::size_t>(child), at);
        continue;
      }
      const TreeNode& node = tree.nodes[static_cast<std::size_t>(child)];
      const std::size_t left = nodes_.size() - first;
      nodes_[first + at] = question(node, tree, left);
      nodes_.resize(nodes_.size() + 2);
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

  DeepNode<Key> question(const TreeNode& node, const Tree& tree, std::size_t left) {
    const std::uint32_t link = links_.link(left, plan_.column(node));
    if (node.category_set < 0) {
      return {order_key<Key>(static_cast<NumberOf<Key>>(compiled_threshold(node, ensemble_))), link};
    }
    const std::size_t first_word = category_bits_.size();
    const std::size_t n = schema_.features[static_cast<std::size_t>(node.feature)].categories.size();
    category_bits_.resize(first_word + n / 64 + 1);
    for (std::size_t code = 0; code <= n; ++code) {
      const std::size_t word = static_cast<std::size_t>(node.category_set) + code / 64;
      const bool left_code = code < n ? (tree.category_bits[word] >> code % 64 & 1) != 0 : node.missing_left;
      category_bits_[first_word + code / 64] |= static_cast<std::uint64_t>(left_code) << code % 64;
    }
    return {static_cast<Key>(first_word), link | Links::category};
  }

  DeepNode<Key> leaf(const Tree& tree, std::size_t leaf, std::size_t at) {
    const auto row = std::span(tree.leaf_values).subspan(leaf * ensemble_.leaf_width, ensemble_.leaf_width);
    const auto [found, is_new] = row_of_.emplace(text_of(std::as_bytes(row)), row_of_.size());
    if (is_new) leaf_values_.insert(leaf_values_.end(), row.begin(), row.end());
    return {static_cast<Key>(DeepNode<Key>::first_leaf() + found->second), links_.link(at, 0)};
  }

  const TreeEnsemble& ensemble_;
  const Schema& schema_;
  ColumnPlan plan_;
  Links links_;
  std::vector<std::uint64_t> first_nodes_;
  std::vector<DeepNode<Key>> nodes_;
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
  return n_words <= std::size_t{1} << 31 && std::ranges::all_of(ensemble.trees, [&](const Tree& tree) {
           return tree.nodes.size() + tree.n_leaves() <= Links(n_columns).most_nodes();
         });
}

std::vector<std::byte> compile_deep_trees(const TreeEnsemble& ensemble, const Schema& schema) {
  return fits_floats(ensemble) ? Compiler<std::uint32_t>(ensemble, schema).image()
                               : Compiler<std::uint64_t>(ensemble, schema).image();
}

}  // namespace thrum
