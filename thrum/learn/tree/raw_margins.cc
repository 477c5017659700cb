#include "thrum/learn/tree/raw_margins_internal.h"

#include <vector>

#include "thrum/model/tree/node_rule_internal.h"

namespace thrum {

std::size_t raw_leaf(const Tree& tree, std::span<const double> row, const Schema& schema) {
  std::int32_t at = tree.nodes.empty() ? -1 : 0;
  while (at >= 0) {
    const TreeNode& node = tree.nodes[static_cast<std::size_t>(at)];
    const auto feature = static_cast<std::size_t>(node.feature);
    const NodeRule rule = NodeRule::of(node);
    const bool left = node.category_set < 0
                          ? rule.goes_left(row[feature], node.threshold)
                          : rule.goes_left(row[feature], tree.category_bits.data() + node.category_set,
                                           schema.features[feature].categories.size());
    at = left ? node.left : node.right;
  }
  const std::int32_t leaf = ~at;
  return static_cast<std::size_t>(leaf);
}

void write_raw_margins(const TreeEnsemble& ensemble, const Dataset& dataset, MatrixView<double> margins,
                       const Execution& execution) {
  constexpr std::size_t chunk = 256;
  const std::size_t n_margins = ensemble.n_margins();
  parallel_for(*execution.arena, dataset.n_rows(), chunk, [&](std::size_t begin, std::size_t end) {
    const std::size_t n_features = dataset.reader().n_features();
    std::vector<double> values((end - begin) * n_features);
    const MatrixView<double> rows(values.data(), end - begin, n_features);
    dataset.reader().read(dataset.first_row() + begin, rows);
    for (std::size_t i = begin; i < end; ++i) {
      std::vector<double> sums(n_margins);
      for (std::size_t t = 0; t < ensemble.trees.size(); ++t) {
        const Tree& tree = ensemble.trees[t];
        sums[t % n_margins] += tree.leaf_values[raw_leaf(tree, rows.row(i - begin), dataset.schema())];
      }
      for (std::size_t k = 0; k < n_margins; ++k) margins(k, i) = ensemble.base[k] + ensemble.scale * sums[k];
    }
  });
}

}  // namespace thrum
