#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/node_draws_internal.h"
#include "thrum/learn/tree/forest/split_search_internal.h"

namespace thrum::forest {

/// Grows one tree by one criterion. Nodes of many rows are searched feature by feature in parallel; those below grow as
/// tasks of their own, depth first, in scratch that stays in the caches. What is drawn depends on the way to a node
/// only, so the tree does not depend on any of that.
template <class Criterion>
class TreeGrower {
 public:
  TreeGrower(const RankedTable& table, const ForestRows& data, std::vector<SampleRow> sample, const Growth& growth,
             const Execution& execution)
      : table_(table), data_(data), sample_(std::move(sample)), growth_(growth), execution_(execution) {}

  GrownTree grow() { return growth_.max_leaf_nodes > 0 ? grow_best_first() : grow_all(); }

 private:
  static constexpr std::size_t rows_of_task = std::size_t{1} << 15;  ///< a node of more is searched in parallel

  /// A node to be looked at, and where its rows are in the sample.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t depth = 0;
    NodePath path = {};
    std::int32_t node = 0;
    std::size_t size() const { return end - begin; }
  };

  /// What a task works with.
  struct Scratch {
    explicit Scratch(const TreeGrower& grower)
        : criterion(grower.data_), search(grower.table_, grower.growth_), features(grower.table_.n_features()) {}
    Criterion criterion;
    SplitSearch<Criterion> search;
    FeatureDraws features;
    std::vector<SampleRow> right;
  };

  std::span<SampleRow> rows(const Range& range) { return std::span(sample_).subspan(range.begin, range.size()); }

  GrownTree empty_tree() const { return {.nodes = {}, .values = {}, .n_values = data_.n_values()}; }

  static std::int32_t add_node(GrownTree& tree) {
    tree.nodes.emplace_back();
    tree.values.resize(tree.values.size() + tree.n_values);
    return static_cast<std::int32_t>(tree.nodes.size() - 1);
  }

  GrownTree grow_all() {
    GrownTree tree = empty_tree();
    std::vector<Range> large = {whole(tree)};
    std::vector<Range> small;
    Scratch scratch(*this);
    while (!large.empty()) {
      const Range range = large.back();
      large.pop_back();
      if (range.size() <= rows_of_task) {
        small.push_back(range);
        continue;
      }
      execution_.check_stop("trees");
      judge(tree, range, scratch);
      if (tree.nodes[range.node].split.found()) push_children(tree, range, large, scratch);
    }
    if (small.size() == 1 && tree.nodes.size() == 1) return grow_below(small.front(), scratch);
    const auto below = [&](std::size_t i) {
      Scratch own(*this);
      return grow_below(small[i], own);
    };
    std::vector<GrownTree> subtrees = parallel_map(*execution_.arena, small.size(), below, execution_.stop);
    for (std::size_t i = 0; i < small.size(); ++i) graft(tree, small[i].node, std::move(subtrees[i]));
    return tree;
  }

  /// The tree of a node of few rows.
  GrownTree grow_below(Range range, Scratch& scratch) {
    GrownTree tree = empty_tree();
    tree.nodes.reserve(2 * range.size());
    range.node = add_node(tree);
    std::vector<Range> pending = {range};
    while (!pending.empty()) {
      const Range next = pending.back();
      pending.pop_back();
      judge(tree, next, scratch);
      if (tree.nodes[next.node].split.found()) push_children(tree, next, pending, scratch);
    }
    return tree;
  }

  /// Divides the node that promises most until there are max_leaf_nodes leaves.
  GrownTree grow_best_first() {
    GrownTree tree = empty_tree();
    Scratch scratch(*this);
    const auto is_worse = [&](const Range& a, const Range& b) {
      const GrownNode& x = tree.nodes[a.node];
      const GrownNode& y = tree.nodes[b.node];
      return x.decrease < y.decrease || (x.decrease == y.decrease && a.node > b.node);
    };
    std::priority_queue<Range, std::vector<Range>, decltype(is_worse)> promising(is_worse);
    const auto look_at = [&](const Range& range) {
      judge(tree, range, scratch);
      if (tree.nodes[range.node].split.found()) promising.push(range);
    };
    look_at(whole(tree));
    for (std::size_t n_leaves = 1; n_leaves < growth_.max_leaf_nodes && !promising.empty(); ++n_leaves) {
      execution_.check_stop("trees");
      const Range range = promising.top();
      promising.pop();
      std::vector<Range> children;
      push_children(tree, range, children, scratch);
      look_at(children[1]);
      look_at(children[0]);
    }
    return tree;
  }

  Range whole(GrownTree& tree) const {
    return {.begin = 0, .end = sample_.size(), .depth = 0, .path = {}, .node = add_node(tree)};
  }

  /// Divides the rows of a node that has a split, and adds its children; the left one is pushed last.
  void push_children(GrownTree& tree, const Range& range, std::vector<Range>& to, Scratch& scratch) {
    const std::size_t middle = range.begin + divide(rows(range), tree.nodes[range.node].split, scratch.right);
    const std::int32_t left = add_node(tree);
    const std::int32_t right = add_node(tree);
    tree.nodes[range.node].left = left;
    tree.nodes[range.node].right = right;
    to.push_back({middle, range.end, range.depth + 1, range.path.right(), right});
    to.push_back({range.begin, middle, range.depth + 1, range.path.left(), left});
  }

  /// Decides what a node is: a leaf, or what splits it.
  void judge(GrownTree& tree, const Range& range, Scratch& scratch) {
    Criterion& criterion = scratch.criterion;
    criterion.begin(rows(range));
    GrownNode& node = tree.nodes[range.node];
    node.weight = criterion.weight();
    if (growth_.values_everywhere || range.depth == 0) node.loss = criterion.loss();
    if (may_split(range, criterion)) node.split = find_split(range, scratch);
    if (node.split.found()) {
      node.decrease = criterion.decrease(node.split.score);
      if (node.decrease < growth_.min_decrease) node.split = {};
    }
    if (growth_.values_everywhere || !node.split.found()) criterion.write_value(tree.value(range.node));
  }

  bool may_split(const Range& range, const Criterion& criterion) const {
    return range.depth < growth_.max_depth && range.size() >= growth_.min_samples_split &&
           range.size() >= 2 * growth_.min_samples_leaf && criterion.weight() >= 2 * growth_.min_weight_leaf &&
           !criterion.is_pure();
  }

  /// The best split of max_features features that are drawn, and of more until one is not constant.
  RankSplit find_split(const Range& range, Scratch& scratch) {
    scratch.features.begin(growth_, range.path);
    RankSplit best;
    bool any_varies = false;
    std::size_t n_drawn = 0;
    if (range.size() > rows_of_task) {
      const auto features = scratch.features.take(growth_.max_features);
      for (SplitResult& result : search_in_parallel(features, range, scratch.criterion)) {
        any_varies |= keep_better(best, result);
      }
      n_drawn = features.size();
    }
    while (n_drawn < table_.n_features() && (n_drawn < growth_.max_features || !any_varies)) {
      const auto features = scratch.features.take(n_drawn < growth_.max_features ? growth_.max_features - n_drawn : 1);
      for (SplitResult& result : scratch.search.search(scratch.criterion, rows(range), features, range.path)) {
        any_varies |= keep_better(best, result);
      }
      n_drawn += features.size();
    }
    scratch.features.end();
    return best;
  }

  std::vector<SplitResult> search_in_parallel(std::span<const std::uint32_t> features, const Range& range,
                                              const Criterion& criterion) {
    const auto search = [&](std::size_t i) {
      SplitSearch<Criterion> own(table_, growth_);
      return own.search(criterion, rows(range), features.subspan(i, 1), range.path).front();
    };
    return parallel_map(*execution_.arena, features.size(), search, execution_.stop);
  }

  /// Whether the feature of `result` varies.
  static bool keep_better(RankSplit& best, SplitResult& result) {
    if (result.split.score > best.score) best = std::move(result.split);
    return !result.is_constant;
  }

  /// Moves the rows that go left to the front, both sides in their order, and sends missing values, where there was
  /// none to learn from, with the most rows. Returns how many go left.
  std::size_t divide(std::span<SampleRow> rows, RankSplit& split, std::vector<SampleRow>& right) {
    const std::uint16_t* ranks = table_.column(split.feature);
    const std::size_t stride = table_.stride();
    right.resize(std::max(right.size(), rows.size()));
    std::size_t n_left = 0;
    std::size_t n_right = 0;
    bool any_missing = false;
    for (const SampleRow row : rows) {
      const std::uint16_t rank = ranks[row.row * stride];
      const bool left = split.goes_left(rank);
      any_missing |= rank == 0;
      rows[n_left] = row;
      right[n_right] = row;
      n_left += left ? 1 : 0;
      n_right += left ? 0 : 1;
    }
    std::copy_n(right.begin(), n_right, rows.begin() + static_cast<std::ptrdiff_t>(n_left));
    if (!any_missing) split.missing_left = n_left > n_right;
    return n_left;
  }

  /// Puts `subtree` in the place of the leaf `node`.
  static void graft(GrownTree& tree, std::int32_t node, GrownTree subtree) {
    // Node 0 of the subtree becomes `node`, the others follow at the end.
    const auto offset = static_cast<std::int32_t>(tree.nodes.size()) - 1;
    for (GrownNode& grown : subtree.nodes) {
      if (grown.is_leaf()) continue;
      grown.left += offset;
      grown.right += offset;
    }
    std::ranges::copy(subtree.value(0), tree.value(node).begin());
    tree.nodes[node] = std::move(subtree.nodes.front());
    tree.nodes.insert(tree.nodes.end(), std::make_move_iterator(subtree.nodes.begin() + 1),
                      std::make_move_iterator(subtree.nodes.end()));
    tree.values.insert(tree.values.end(), subtree.values.begin() + static_cast<std::ptrdiff_t>(tree.n_values),
                       subtree.values.end());
  }

  const RankedTable& table_;
  const ForestRows& data_;
  std::vector<SampleRow> sample_;
  const Growth& growth_;
  const Execution& execution_;
};

}  // namespace thrum::forest
