#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/model/tree/deep_node_internal.h"
#include "thrum/model/tree/distinct_rows_internal.h"
#include "thrum/model/tree/tree_source_internal.h"

namespace thrum::deep_trees {

/// The words that the category set of a question takes in the image; 0 where it has none.
std::size_t n_words_of(const TreeNode& node, const Tree& tree, const Schema& schema);

/// Where all trees of an ensemble have their place in an image: what must be known before the first of them is
/// compiled, from one look at each.
class Survey {
 public:
  Survey(const TreeSource& trees, const Schema& schema);

  struct OfTree {
    std::size_t first_node = 0;
    std::size_t n_nodes = 0;  ///< questions and leaves
    std::size_t first_word = 0;
    std::size_t n_words = 0;
    std::vector<std::uint32_t> leaf_rows = {};  ///< of each leaf among `own_rows`
    std::vector<std::uint32_t> own_rows = {};   ///< among those of all trees

    std::size_t row_of(std::size_t leaf) const noexcept { return own_rows[leaf_rows[leaf]]; }
  };

  bool fits() const;         ///< whether links and sets can be told apart
  bool fits_floats() const;  ///< whether nodes of 8 bytes can say everything

  const OfTree& of_tree(std::size_t t) const noexcept { return of_tree_[t]; }
  std::vector<std::uint64_t> first_nodes() const;
  std::size_t n_nodes() const noexcept { return n_nodes_; }
  std::size_t n_words() const noexcept { return n_words_; }
  /// Of all leaves: (n_rows, leaf_width).
  std::span<const double> leaf_values() const noexcept { return leaf_rows_.values(); }

  /// What nodes ask for, each once.
  std::span<const DeepColumn> columns() const noexcept { return columns_; }
  std::size_t column(const TreeNode& node) const noexcept { return index_[key_of(node)]; }

 private:
  static constexpr std::size_t n_rules = 4;

  /// The sets of categories know themselves where unknown ones go.
  static std::size_t key_of(const TreeNode& node) noexcept {
    return static_cast<std::size_t>(node.feature) * n_rules + (node.category_set < 0 ? NodeRule::of(node).bits() : 0);
  }
  /// A tree by itself, by one of several threads. Returns its leaves' rows.
  DistinctRows look_at(const Tree& tree, OfTree& seen);
  void ask_for(const TreeNode& node);
  void number_columns();
  void place(const std::vector<DistinctRows>& rows);

  const TreeEnsemble& sums_;
  const Schema& schema_;
  std::vector<std::size_t> index_;  ///< by key_of: of the column
  std::vector<DeepColumn> columns_;
  std::vector<OfTree> of_tree_;
  std::size_t n_nodes_ = 0;
  std::size_t n_words_ = 0;
  std::size_t n_leaves_ = 0;
  DistinctRows leaf_rows_;
  std::atomic<bool> has_doubles_ = false;  ///< thresholds that are no floats
};

}  // namespace thrum::deep_trees
