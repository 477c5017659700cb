#include "thrum/learn/tree/forest/prune_internal.h"

#include <cstdint>
#include <queue>
#include <vector>

namespace thrum::forest {
namespace {

/// What stands below a node: its leaves, and their losses.
struct Below {
  double loss = 0;
  double n_leaves = 1;
};

class Pruning {
 public:
  Pruning(GrownTree& tree, double total_weight)
      : tree_(tree), total_weight_(total_weight), below_(tree.nodes.size()), parent_(tree.nodes.size(), -1) {
    for (std::size_t i = tree.nodes.size(); i-- > 0;) {
      const GrownNode& node = tree.nodes[i];
      if (node.is_leaf()) {
        below_[i] = {.loss = node.loss, .n_leaves = 1};
      } else {
        below_[i] = sum(below_[node.left], below_[node.right]);
        parent_[node.left] = static_cast<std::int32_t>(i);
        parent_[node.right] = static_cast<std::int32_t>(i);
      }
    }
  }

  void run(double alpha) {
    for (std::size_t i = 0; i < below_.size(); ++i) note(static_cast<std::int32_t>(i));
    while (!weakest_.empty() && weakest_.top().alpha <= alpha) {
      const Link link = weakest_.top();
      weakest_.pop();
      if (is_current(link)) cut(link.node);
    }
  }

 private:
  struct Link {
    double alpha;  ///< from where on the tree is better without what is below the node
    std::int32_t node;
    double n_leaves;  ///< when it was noted
    bool operator<(const Link& other) const {
      return alpha > other.alpha || (alpha == other.alpha && node > other.node);
    }
  };

  static Below sum(const Below& a, const Below& b) { return {a.loss + b.loss, a.n_leaves + b.n_leaves}; }

  void note(std::int32_t i) {
    const GrownNode& node = tree_.nodes[i];
    if (node.is_leaf()) return;
    const double saved = (node.loss - below_[i].loss) / total_weight_;
    weakest_.push({saved / (below_[i].n_leaves - 1), i, below_[i].n_leaves});
  }

  /// Whether the node still is one, and nothing below it was cut since.
  bool is_current(const Link& link) const {
    if (tree_.nodes[link.node].is_leaf() || below_[link.node].n_leaves != link.n_leaves) return false;
    for (std::int32_t up = parent_[link.node]; up >= 0; up = parent_[up]) {
      if (tree_.nodes[up].is_leaf()) return false;
    }
    return true;
  }

  void cut(std::int32_t i) {
    GrownNode& node = tree_.nodes[i];
    node.left = -1;
    node.right = -1;
    node.decrease = 0;
    below_[i] = {.loss = node.loss, .n_leaves = 1};
    for (std::int32_t up = parent_[i]; up >= 0; up = parent_[up]) {
      below_[up] = sum(below_[tree_.nodes[up].left], below_[tree_.nodes[up].right]);
      note(up);
    }
  }

  GrownTree& tree_;
  double total_weight_;
  std::vector<Below> below_;
  std::vector<std::int32_t> parent_;
  std::priority_queue<Link> weakest_;
};

}  // namespace

void prune(GrownTree& tree, double alpha, double total_weight) {
  Pruning(tree, total_weight).run(alpha);
}

}  // namespace thrum::forest
