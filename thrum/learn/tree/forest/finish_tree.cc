#include "thrum/learn/tree/forest/finish_tree_internal.h"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/random_threshold_internal.h"

namespace thrum::forest {
namespace {

class Finish {
 public:
  Finish(const GrownTree& grown, std::span<const RankMap> maps, double weight_unit)
      : grown_(grown), maps_(maps), weight_unit_(weight_unit) {}

  Tree run() {
    struct Visit {
      std::int32_t node;
      std::int32_t* link;  // the parent's
    };
    std::size_t n_inner = 0;
    for (const GrownNode& node : grown_.nodes) n_inner += node.is_leaf() ? 0 : 1;
    tree_.nodes.reserve(n_inner);  // so that links stay where they are
    std::int32_t root = 0;
    std::vector<Visit> pending = {{0, &root}};
    while (!pending.empty()) {
      const auto [i, link] = pending.back();
      pending.pop_back();
      if (grown_.nodes[i].is_leaf()) {
        *link = ~add_leaf(i);
        continue;
      }
      *link = static_cast<std::int32_t>(tree_.nodes.size());
      TreeNode& node = tree_.nodes.emplace_back(question(grown_.nodes[i]));
      pending.push_back({grown_.nodes[i].right, &node.right});
      pending.push_back({grown_.nodes[i].left, &node.left});
    }
    return std::move(tree_);
  }

 private:
  std::int32_t add_leaf(std::int32_t i) {
    const std::span<const double> value = grown_.value(i);
    tree_.leaf_values.insert(tree_.leaf_values.end(), value.begin(), value.end());
    tree_.leaf_weights.push_back(grown_.nodes[i].weight * weight_unit_);
    return static_cast<std::int32_t>(tree_.leaf_weights.size() - 1);
  }

  TreeNode question(const GrownNode& grown) {
    const RankSplit& split = grown.split;
    TreeNode node{.feature = static_cast<std::int32_t>(split.feature), .missing_left = split.missing_left};
    node.gain = static_cast<float>(grown.decrease);
    node.weight = grown.weight * weight_unit_;
    if (split.is_category) {
      node.category_set = static_cast<std::int32_t>(tree_.category_bits.size());
      tree_.category_bits.insert(tree_.category_bits.end(), split.categories.begin(), split.categories.end());
    } else {
      const RankMap& map = maps_[split.feature];
      node.threshold = std::isnan(split.drawn) ? map.threshold(split.left, split.right)
                                               : threshold_near(map, split.left, split.right, split.drawn);
    }
    return node;
  }

  const GrownTree& grown_;
  std::span<const RankMap> maps_;
  double weight_unit_;
  Tree tree_;
};

}  // namespace

Tree finish_tree(const GrownTree& grown, std::span<const RankMap> maps, double weight_unit) {
  return Finish(grown, maps, weight_unit).run();
}

}  // namespace thrum::forest
