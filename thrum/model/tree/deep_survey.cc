#include <algorithm>
#include <atomic>
#include <utility>

#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/deep_survey_internal.h"
#include "thrum/model/tree/each_tree_internal.h"

namespace thrum::deep_trees {
namespace {

constexpr std::size_t unused = ~std::size_t{0};
constexpr std::size_t asked = 0;

bool is_float(double x) {
  return static_cast<double>(static_cast<float>(x)) == x;
}

}  // namespace

std::size_t n_words_of(const TreeNode& node, const Tree& tree, const Schema& schema) {
  if (node.category_set < 0) return 0;
  if (node.category_list) {
    return category_list_words(category_list_half(tree.category_bits.data() + node.category_set, 0) +
                               (node.missing_left ? 1 : 0));
  }
  return schema.features[static_cast<std::size_t>(node.feature)].categories.size() / 64 + 1;
}

Survey::Survey(const TreeSource& trees, const Schema& schema)
    : sums_(trees.sums()),
      schema_(schema),
      index_(schema.features.size() * n_rules, unused),
      of_tree_(trees.n_trees()),
      leaf_rows_(trees.sums().leaf_width) {
  std::vector<DistinctRows> rows(trees.n_trees(), DistinctRows(sums_.leaf_width));
  for_each_tree(trees.n_trees(), trees.n_nodes(), [&](std::size_t t) {
    Tree room;
    rows[t] = look_at(trees.tree(t, room), of_tree_[t]);
  });
  number_columns();
  place(rows);
}

DistinctRows Survey::look_at(const Tree& tree, OfTree& seen) {
  bool has_doubles = false;
  seen.n_nodes = tree.nodes.size() + tree.n_leaves();
  for (const TreeNode& node : tree.nodes) {
    ask_for(node);
    seen.n_words += n_words_of(node, tree, schema_);
    has_doubles = has_doubles || (node.category_set < 0 && !is_float(compiled_threshold(node, sums_)));
  }
  if (has_doubles) has_doubles_ = true;
  DistinctRows rows(sums_.leaf_width);
  seen.leaf_rows.reserve(tree.n_leaves());
  for (std::size_t leaf = 0; leaf < tree.n_leaves(); ++leaf) {
    const auto row = std::span(tree.leaf_values).subspan(leaf * sums_.leaf_width, sums_.leaf_width);
    seen.leaf_rows.push_back(static_cast<std::uint32_t>(rows.index_of_frequent(row)));
  }
  return rows;
}

/// Other threads may ask for the same.
void Survey::ask_for(const TreeNode& node) {
  const std::atomic_ref index(index_[key_of(node)]);
  if (index.load(std::memory_order_relaxed) == unused) index.store(asked, std::memory_order_relaxed);
}

void Survey::number_columns() {
  for (std::size_t key = 0; key < index_.size(); ++key) {
    if (index_[key] == unused) continue;
    index_[key] = columns_.size();
    columns_.push_back({static_cast<std::uint32_t>(key / n_rules), static_cast<std::uint32_t>(key % n_rules),
                        static_cast<std::uint32_t>(schema_.features[key / n_rules].categories.size())});
  }
}

void Survey::place(const std::vector<DistinctRows>& rows) {
  for (std::size_t t = 0; t < of_tree_.size(); ++t) {
    OfTree& tree = of_tree_[t];
    tree.first_node = std::exchange(n_nodes_, n_nodes_ + tree.n_nodes);
    tree.first_word = std::exchange(n_words_, n_words_ + tree.n_words);
    n_leaves_ += tree.leaf_rows.size();
    for (std::size_t i = 0; i < rows[t].size(); ++i) {
      tree.own_rows.push_back(static_cast<std::uint32_t>(leaf_rows_.index_of_frequent(rows[t].row(i))));
    }
  }
}

bool Survey::fits() const {
  if (columns_.size() > most_columns<std::uint64_t> || n_words_ > std::size_t{list_key}) return false;
  const std::size_t most_nodes = Links(columns_.size()).most_nodes();
  return std::ranges::all_of(of_tree_, [&](const OfTree& tree) { return tree.n_nodes <= most_nodes; });
}

bool Survey::fits_floats() const {
  return n_leaves_ <= DeepNode<std::uint32_t>::most_leaf_rows() && !has_doubles_;
}

std::vector<std::uint64_t> Survey::first_nodes() const {
  std::vector<std::uint64_t> first;
  for (const OfTree& tree : of_tree_) first.push_back(tree.first_node);
  return first;
}

}  // namespace thrum::deep_trees
