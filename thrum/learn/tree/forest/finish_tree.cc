#include "thrum/learn/tree/forest/finish_tree_internal.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/number_keys_internal.h"

namespace thrum::forest {
namespace {

class Finish {
 public:
  Finish(const GrownTree& grown, const GrowthTable& table, double weight_unit)
      : grown_(grown), table_(table), weight_unit_(weight_unit), drawn_(table.ranks.n_features()) {}

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
    set_drawn_thresholds();
    return std::move(tree_);
  }

 private:
  /// A node whose threshold was drawn, and the key that it is to part.
  struct Drawn {
    std::size_t node;
    std::uint32_t key;
  };

  /// Feature by feature, so that the ranks that are looked through stay in the caches.
  void set_drawn_thresholds() {
    for (std::size_t j = 0; j < drawn_.size(); ++j) {
      for (const Drawn& drawn : drawn_[j]) {
        const RankMap& map = table_.ranks.maps()[j];
        tree_.nodes[drawn.node].threshold = table_.numbers->ranks()[j].threshold(map, drawn.key);
      }
    }
  }

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
      node.category_list = split.category_list;
      tree_.category_bits.insert(tree_.category_bits.end(), split.categories.begin(), split.categories.end());
    } else if (table_.numbers == nullptr) {
      node.threshold = table_.ranks.maps()[split.feature].threshold(split.left, split.right);
    } else {
      drawn_[split.feature].push_back({tree_.nodes.size(), split.left});
    }
    return node;
  }

  const GrownTree& grown_;
  const GrowthTable& table_;
  double weight_unit_;
  std::vector<std::vector<Drawn>> drawn_;  ///< of each feature
  Tree tree_;
};

}  // namespace

Tree finish_tree(const GrownTree& grown, const GrowthTable& table, double weight_unit) {
  return Finish(grown, table, weight_unit).run();
}

}  // namespace thrum::forest
