#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/mutex.h"
#include "thrum/data/binned_table.h"
#include "thrum/learn/linear/zeroed_array_internal.h"
#include "thrum/learn/tree/column_bins_internal.h"
#include "thrum/learn/tree/gradient_grid_internal.h"
#include "thrum/learn/tree/growing_node_internal.h"
#include "thrum/learn/tree/histogram_pool_internal.h"
#include "thrum/learn/tree/node_features_internal.h"
#include "thrum/learn/tree/sibling_search_internal.h"
#include "thrum/learn/tree/split_search_internal.h"

namespace thrum {

struct GrowthLimits {
  std::size_t max_leaves = 31;
  std::size_t max_depth = 0;  ///< 0: any
  bool depth_first = false;   ///< all nodes of a depth before those of the next; else by gain alone
  std::size_t ahead = 0;      ///< leaves that are split at once, on suspicion; 0: by the places of the arena
};

/// A tree of bins, with the training rows of its leaves.
struct GrownTree {
  struct Node {
    Split split;
    NodeSums sums;
    std::int32_t left = 0;  ///< as TreeNode::left
    std::int32_t right = 0;
  };
  struct Leaf {
    NodeSums sums;
    std::span<const std::uint32_t> rows;  ///< of this rank; valid until the grower grows the next tree
  };
  std::vector<Node> nodes;
  std::vector<Leaf> leaves;
};

/// Grows trees on the rows of one table, one after the other.
///
/// Leaves are split in the order of their gain (of equal gains, the older one first), which does not depend on the
/// number of threads. A leaf's best split depends on its own rows only, so several pending leaves are split at once
/// and what turns out not to be wanted is dropped: the tree is the same as if one leaf were split at a time.
///
/// To split a leaf has four phases: mark the rows that go left, move them, add up the smaller child (the other is the
/// difference), search. A batch of large leaves goes through them together, all their rows and columns at work at once.
/// Small leaves are split by one thread each, and no thread waits for the others: it takes the next leaf of the queue.
class TreeGrower {
 public:
  /// `table` outlives it.
  TreeGrower(const BinnedTable& table, const Execution& execution);

  /// Where the rows of the next tree go, ascending, and their gradients: room for table.n_rows().
  std::span<std::uint32_t> rows() { return rows_[0].values(); }
  std::span<RowGradient> gradients() { return gradients_[0].values(); }

  /// On the first `n_rows` of rows() and gradients(). Collective.
  GrownTree grow(std::size_t n_rows, const GradientGrid& grid, const SplitRules& rules, const GrowthLimits& limits,
                 const NodeFeatures& features);

 private:
  using Node = GrowingNode;
  struct Order {
    bool depth_first;
    bool operator()(const Node* a, const Node* b) const;
  };
  using Queue = std::set<Node*, Order>;

  /// Rows that one task marks or moves: a multiple of 64, so that tasks write different words.
  static constexpr std::size_t partition_rows = 16384;

  /// Work of a leaf, in additions or so, that threads do not share, if a tree is small.
  static constexpr std::size_t least_work_of_one = std::size_t{1} << 18;

  /// A node on its way to two children.
  struct Expansion {
    Node* node = nullptr;
    ColumnBins column = {};
    GoesLeft goes_left = {};
    std::size_t chunk_rows = 0;                 ///< a multiple of 64
    std::uint64_t* marks = nullptr;             ///< a bit for each row that goes left
    std::vector<std::size_t> left_before = {};  ///< how many rows go left in the chunks before; the last: in all
    bool search = true;                         ///< the children may be split as well
    GradientSum* spare = nullptr;               ///< a histogram for the smaller child of a small leaf
  };
  /// A tree on its way.
  struct Growth {
    GrownTree tree = {};
    std::vector<Node*> leaves = {};
    Queue queue;
    std::size_t next_id = 1;  ///< of a node
  };
  /// What threads share that split small leaves. Whoever holds the mutex may touch the growth, and the grower's nodes
  /// and histograms in store.
  struct Crew {
    Growth& growth;
    Mutex mutex = {};
    ConditionVariable changed = {};
    std::size_t n_at_work THRUM_GUARDED_BY(mutex) = 0;
    bool has_failed THRUM_GUARDED_BY(mutex) = false;
  };
  /// Some rows of the element `item` of a batch.
  struct Task {
    std::size_t item;
    std::size_t begin;
    std::size_t end;
  };

  Node& plant(std::size_t n_rows);
  NodeSums sums_of_root(std::size_t n_rows) const;
  std::size_t missing_leaves(const Growth& growth) const { return limits_.max_leaves - growth.leaves.size(); }
  bool is_over(const Growth& growth) const { return growth.queue.empty() || missing_leaves(growth) == 0; }
  void add_first_split(Growth& growth) const;
  std::size_t work(const Node& node) const;
  bool goes_by_work() const;
  bool is_small(const Node& node) const;
  Expansion begin_expansion(const Growth& growth, Node& node, std::size_t chunk_rows);
  bool may_split(const Node& node) const;
  void make_children(const Node& node, std::size_t n_left_here, std::size_t n_left) const;
  std::optional<Siblings> siblings_to_search(const Node& node) const;
  SiblingSearch sibling_search() const { return {table_, rules_, grid_, *features_}; }
  void give_back_unsplit(const Siblings& siblings);

  void expand_large_leaves(const Growth& growth);
  std::vector<Node*> next_batch(const Growth& growth) const;
  void expand_together(std::span<Expansion> batch);
  void partition(std::span<Expansion> batch);
  void add_up(std::span<Node* const> nodes);
  void search(std::span<const Siblings> batch);
  template <class F>
  void run(std::size_t n_tasks, std::size_t work, F&& f);

  void expand_small_leaves(Growth& growth);
  void help(Crew& crew);
  std::optional<Expansion> begin_next(Crew& crew);
  void end(Crew& crew, Expansion& expansion, bool has_failed);
  Node* wait_for_leaf(Crew& crew) const THRUM_REQUIRES(crew.mutex);
  Node* first_small_leaf(const Growth& growth) const;
  void expand_small_leaf(Expansion& expansion);

  NodeRows rows_of(const Node& node, std::size_t begin, std::size_t end) const;
  void partition_chunk(Expansion& expansion, const Task& chunk);
  void move_chunk(const Expansion& expansion, const Task& chunk);
  void add_up(const Node& node, std::size_t tile) const;
  std::span<GradientSum> sums_of(const Node& node, std::size_t tile) const;
  void add_rows(const Node& node, std::size_t tile, std::size_t begin, std::size_t end, GradientSum* sums) const;

  const BinnedTable& table_;
  const Execution& execution_;
  ColumnStore columns_;
  std::vector<ColumnGroup> groups_;
  ZeroedArray<std::uint32_t> rows_[2];
  ZeroedArray<RowGradient> gradients_[2];
  HistogramPool pool_;
  std::vector<std::uint64_t> marks_;

  // Of the tree that grows:
  SplitRules rules_;
  GradientGrid grid_;
  GrowthLimits limits_;
  const NodeFeatures* features_ = nullptr;
  std::deque<Node> nodes_;
  std::size_t work_of_one_ = 0;  ///< of a leaf that threads do not share, at most
  std::size_t n_helpers_ = 1;    ///< threads for such leaves
};

}  // namespace thrum
