#include "thrum/model/tree/tree_path.h"

#include "thrum/model/tree/compiled_threshold_internal.h"
#include "thrum/model/tree/node_rule_internal.h"

namespace thrum {

bool goes_left(const TreeNode& node, const Tree& tree, const TreeEnsemble& ensemble, const Schema& schema,
               std::span<const double> row) {
  const NodeRule rule = NodeRule::of(node);
  const auto feature = static_cast<std::size_t>(node.feature);
  if (node.category_set < 0) return rule.goes_left(row[feature], compiled_threshold(node, ensemble));
  return rule.goes_left(row[feature], tree.category_bits.data() + node.category_set,
                        schema.features[feature].categories.size());
}

DecisionPath decision_path(const TreeEnsemble& ensemble, std::size_t index, const Schema& schema,
                           std::span<const double> row) {
  const Tree& tree = ensemble.trees[index];
  DecisionPath path;
  std::int32_t at = tree.nodes.empty() ? ~0 : 0;
  while (at >= 0) {
    const auto i = static_cast<std::size_t>(at);
    const bool left = goes_left(tree.nodes[i], tree, ensemble, schema, row);
    path.steps.push_back({i, left});
    at = left ? tree.nodes[i].left : tree.nodes[i].right;
  }
  path.leaf = ~static_cast<std::size_t>(at);
  return path;
}

}  // namespace thrum
