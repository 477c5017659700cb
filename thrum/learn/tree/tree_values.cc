#include "thrum/learn/tree/tree_values_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "thrum/comm/row_blocks.h"

namespace thrum {
namespace {

constexpr double largest_gain = std::numeric_limits<float>::max();

/// No number of a training row is as low, but for -infinity.
const double lowest_threshold = std::nextafter(std::numeric_limits<double>::lowest(), 0.0);

/// The categories of bins in the set, one bit each, behind the other sets.
std::int32_t add_category_set(const BinSet& bins, const BinMap& map, std::size_t n_categories,
                              std::vector<std::uint64_t>& bits) {
  const std::size_t first = bits.size();
  bits.resize(first + (n_categories + 63) / 64);
  for (std::size_t category = 0; category < n_categories; ++category) {
    // Those too rare for a bin of their own are in bin 0.
    if (bins.contains(map.bin(static_cast<double>(category)))) {
      bits[first + category / 64] |= std::uint64_t{1} << category % 64;
    }
  }
  return static_cast<std::int32_t>(first);
}

/// Of a node, from those below it.
double sum_weights(Tree& tree, std::int32_t child) {
  const std::int32_t leaf = ~child;
  if (child < 0) return tree.leaf_weights[static_cast<std::size_t>(leaf)];
  return tree.nodes[static_cast<std::size_t>(child)].weight;
}

}  // namespace

void write_leaves(const GrownTree& tree, std::span<std::uint16_t> leaf_of, const Execution& execution) {
  // By rows, not by leaves: these have rows in the same cache lines.
  constexpr std::size_t rows_at_once = std::size_t{1} << 16;
  parallel_for(*execution.arena, leaf_of.size(), rows_at_once, [&](std::size_t begin, std::size_t end) {
    for (std::size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
      const std::span<const std::uint32_t> rows = tree.leaves[leaf].rows;  // they ascend
      for (auto row = std::ranges::lower_bound(rows, begin); row != rows.end() && *row < end; ++row) {
        leaf_of[*row] = static_cast<std::uint16_t>(leaf);
      }
    }
  });
}

std::vector<LeafSums> sum_leaves(std::size_t n_leaves, std::span<const std::uint16_t> leaf_of, const LeafTerms& terms,
                                 const Execution& execution) {
  const std::size_t n_sums = terms.all_ones ? 2 : 3;
  const auto totals = sum_row_blocks(execution, leaf_of.size(), n_sums * n_leaves,
                                     [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                       for (std::size_t i = begin; i < end; ++i) {
                                         if (leaf_of[i] == no_leaf) continue;
                                         double* sums = partial.data() + n_sums * leaf_of[i];
                                         sums[0] += static_cast<double>(terms.g[i]);
                                         sums[1] += static_cast<double>(terms.h[i]);
                                         if (!terms.all_ones) sums[2] += terms.weights[i];
                                       }
                                     });
  std::vector<LeafSums> leaves(n_leaves);
  for (std::size_t l = 0; l < n_leaves; ++l) {
    const double* sums = totals.data() + n_sums * l;
    leaves[l] = {sums[0], sums[1], terms.all_ones ? 0.0 : sums[2]};
  }
  return leaves;
}

Tree raw_tree(const GrownTree& grown, std::span<const BinnedFeature> features, const Schema& schema,
              std::vector<double> leaf_values, std::vector<double> leaf_weights) {
  Tree tree;
  tree.leaf_values = std::move(leaf_values);
  tree.leaf_weights = std::move(leaf_weights);
  for (const GrownTree::Node& node : grown.nodes) {
    const BinnedFeature& feature = features[node.split.feature];
    TreeNode& out = tree.nodes.emplace_back();
    out.feature = static_cast<std::int32_t>(feature.feature);
    out.left = node.left;
    out.right = node.right;
    out.missing_left = node.split.missing_left;
    out.gain = static_cast<float>(std::min(0.5 * node.split.gain, largest_gain));
    if (feature.map.type == FeatureType::category) {
      const std::size_t n = schema.features[feature.feature].categories.size();
      out.category_set = add_category_set(node.split.left_bins, feature.map, n, tree.category_bits);
    } else {
      // 0: none on the left but missing values.
      const std::size_t last = node.split.last_left_bin;
      out.threshold = last == 0 ? lowest_threshold : feature.map.upper[last - 1];
    }
  }
  // Children come after their parents.
  for (std::size_t i = tree.nodes.size(); i-- > 0;) {
    tree.nodes[i].weight = sum_weights(tree, tree.nodes[i].left) + sum_weights(tree, tree.nodes[i].right);
  }
  return tree;
}

}  // namespace thrum
