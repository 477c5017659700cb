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
#include "thrum/learn/tree/forest/near_rows_internal.h"
#include "thrum/learn/tree/forest/node_draws_internal.h"
#include "thrum/learn/tree/forest/split_search_internal.h"

namespace thrum::forest {

/// Grows one tree by one criterion. Nodes of many rows are searched feature by feature in parallel; those below grow as
/// tasks of their own, depth first, and subtrees of few rows on copies that stay in the caches. What is drawn depends
/// on the way to a node only, so the tree does not depend on any of that.
template <class Criterion, Thresholds thresholds>
class TreeGrower {
 public:
  using Key = KeyOf<thresholds>;

  TreeGrower(const KeyView<Key>& table, std::span<const RankMap> maps, const ForestRows& data,
             std::vector<SampleRow> sample, const Growth& growth, const Execution& execution)
      : table_(table), maps_(maps), data_(data), sample_(std::move(sample)), growth_(growth), execution_(execution) {}

  GrownTree grow() { return growth_.max_leaf_nodes > 0 ? grow_best_first() : grow_all(); }

 private:
  static constexpr std::size_t rows_of_task = std::size_t{1} << 15;  ///< a node of more is searched in parallel
  /// Of a node that is likely to be divided for good by the first feature whose threshold is drawn.
  static constexpr std::size_t few_rows = thresholds == Thresholds::drawn ? 16 : 0;

  /// A node to be looked at, and where its rows are in the sample.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t depth = 0;
    NodePath path = {};
    std::int32_t node = 0;
    bool is_near = false;  ///< its rows are those of Scratch::copies
    std::size_t size() const { return end - begin; }
  };

  /// A table, and what judges nodes by its rows.
  struct Site {
    Site(const KeyView<Key>& keys, const ForestRows& data, const TreeGrower& grower)
        : table(keys), criterion(data), search(keys, grower.maps_, grower.growth_) {}
    const KeyView<Key>& table;
    Criterion criterion;
    SplitSearch<Criterion, thresholds> search;
  };

  /// What a task works with.
  struct Scratch {
    explicit Scratch(const TreeGrower& grower)
        : copies(grower.data_),
          far(grower.table_, grower.data_, grower),
          near(copies.keys(), copies.data(), grower),
          features(grower.maps_.size()) {}
    Site& site_of(const Range& range) { return range.is_near ? near : far; }

    NearRows<Key> copies;
    Site far;
    Site near;
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
      Range next = pending.back();
      pending.pop_back();
      if (!next.is_near) bring_near(next, scratch);
      judge(tree, next, scratch);
      if (tree.nodes[next.node].split.found()) push_children(tree, next, pending, scratch);
    }
    return tree;
  }

  /// Where thresholds are drawn, waiting for rows is most of the work. All nodes below are looked at before any other,
  /// so the copies are needed no longer than they last.
  void bring_near(Range& range, Scratch& scratch) {
    const bool pays = thresholds == Thresholds::drawn && NearRows<Key>::pays(table_);
    if (!pays || range.size() > NearRows<Key>::most_rows || range.size() <= few_rows) return;
    scratch.copies.take(table_, maps_.size(), data_, rows(range));
    range.is_near = true;
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

  Range whole(GrownTree& tree) const { return {.begin = 0, .end = sample_.size(), .path = {}, .node = add_node(tree)}; }

  /// Divides the rows of a node that has a split, and adds its children; the left one is pushed last.
  void push_children(GrownTree& tree, const Range& range, std::vector<Range>& to, Scratch& scratch) {
    const KeyView<Key>& table = scratch.site_of(range).table;
    const std::size_t middle = range.begin + divide(rows(range), table, tree.nodes[range.node].split, scratch.right);
    const std::int32_t left = add_node(tree);
    const std::int32_t right = add_node(tree);
    tree.nodes[range.node].left = left;
    tree.nodes[range.node].right = right;
    to.push_back({middle, range.end, range.depth + 1, range.path.right(), right, range.is_near});
    to.push_back({range.begin, middle, range.depth + 1, range.path.left(), left, range.is_near});
  }

  /// Decides what a node is: a leaf, or what splits it.
  void judge(GrownTree& tree, const Range& range, Scratch& scratch) {
    Criterion& criterion = scratch.site_of(range).criterion;
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

  /// The best split of max_features features that are drawn, and of more until one is not constant; of fewer where it
  /// cannot be better.
  RankSplit find_split(const Range& range, Scratch& scratch) {
    Site& site = scratch.site_of(range);
    scratch.features.begin(growth_, range.path);
    RankSplit best;
    bool any_varies = false;
    std::size_t n_drawn = 0;
    if (range.size() > rows_of_task) {
      const auto features = scratch.features.take(growth_.max_features);
      for (SplitResult& result : search_in_parallel(features, range, site.criterion)) {
        any_varies |= keep_better(best, result);
      }
      n_drawn = features.size();
    }
    while (n_drawn < maps_.size() && (n_drawn < growth_.max_features || !any_varies) &&
           !site.criterion.is_most(best.score)) {
      const bool at_once = n_drawn < growth_.max_features && range.size() > few_rows;
      const auto features = scratch.features.take(at_once ? growth_.max_features - n_drawn : 1);
      for (SplitResult& result : site.search.search(site.criterion, rows(range), features, range.path)) {
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
      SplitSearch<Criterion, thresholds> own(table_, maps_, growth_);
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
  static std::size_t divide(std::span<SampleRow> rows, const KeyView<Key>& table, RankSplit& split,
                            std::vector<SampleRow>& right) {
    const Key* keys = table.column(split.feature);
    right.resize(std::max(right.size(), rows.size()));
    std::size_t n_left = 0;
    std::size_t n_right = 0;
    bool any_missing = false;
    const auto move = [&](auto goes_left) {
      for (const SampleRow row : rows) {
        const Key key = keys[row.row * table.stride];
        const bool left = goes_left(key);
        any_missing |= key == 0;
        rows[n_left] = row;
        right[n_right] = row;
        n_left += left ? 1 : 0;
        n_right += left ? 0 : 1;
      }
    };
    if (split.is_category) {
      move([&](Key key) { return split.goes_left(key); });
    } else {
      move([interval = split.interval()](Key key) { return interval.holds(key); });
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

  KeyView<Key> table_;
  std::span<const RankMap> maps_;
  const ForestRows& data_;
  std::vector<SampleRow> sample_;
  const Growth& growth_;
  const Execution& execution_;
};

}  // namespace thrum::forest
