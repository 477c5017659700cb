#include "thrum/model/tree/tree_importance.h"

namespace thrum {

std::vector<TreeImportance> tree_importances(const TreeEnsemble& ensemble, std::size_t n_features) {
  std::vector<TreeImportance> importances(n_features);
  for (const Tree& tree : ensemble.trees) {
    for (const TreeNode& node : tree.nodes) {
      TreeImportance& importance = importances[static_cast<std::size_t>(node.feature)];
      importance.gain += static_cast<double>(node.gain);
      ++importance.n_splits;
    }
  }
  return importances;
}

std::vector<std::size_t> tree_depths(const Tree& tree) {
  std::vector<std::size_t> depths(tree.nodes.size() + tree.n_leaves());
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    for (const std::int32_t child : {tree.nodes[i].left, tree.nodes[i].right}) {
      const std::size_t at =
          child >= 0 ? static_cast<std::size_t>(child) : tree.nodes.size() + ~static_cast<std::size_t>(child);
      depths[at] = depths[i] + 1;
    }
  }
  return depths;
}

}  // namespace thrum
