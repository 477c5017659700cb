#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/schema.h"
#include "thrum/model/predictor.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum::model_test {

/// Numbers n0, n1, … and categories c0, c1, …
inline Schema tree_schema(std::size_t n_numbers, std::vector<std::size_t> category_counts, std::size_t n_classes) {
  Schema schema;
  schema.target = {"y", n_classes == 0 ? Task::regression : Task::classification};
  for (std::size_t k = 0; k < n_classes; ++k) schema.target.classes.push_back(std::to_string(k));
  for (std::size_t j = 0; j < n_numbers; ++j) schema.features.push_back({"n" + std::to_string(j)});
  for (std::size_t j = 0; j < category_counts.size(); ++j) {
    std::vector<std::string> names(category_counts[j]);
    for (std::size_t c = 0; c < names.size(); ++c) names[c] = std::to_string(100000 + c);
    schema.features.push_back({"c" + std::to_string(j), FeatureType::category, std::move(names)});
  }
  return schema;
}

struct RandomTrees {
  std::size_t n_trees = 5;
  std::size_t n_leaves = 31;
  std::size_t leaf_width = 1;
  std::size_t n_margins = 1;
  Link link = Link::identity;
  bool whole_thresholds = false;   ///< so that rows of whole numbers meet them
  bool double_thresholds = false;  ///< that are no floats
  bool missing_both_ways = false;
  bool zero_is_missing = false;
  std::uint64_t seed = 1;
};

/// Grows trees by splitting leaves at random, as a learner that grows leaf by leaf does. Values are in [0, 1).
class RandomTreeMaker {
 public:
  RandomTreeMaker(const Schema& schema, const RandomTrees& wish) : schema_(schema), wish_(wish), random_(wish.seed) {}

  TreeEnsemble ensemble() {
    TreeEnsemble ensemble;
    ensemble.leaf_width = wish_.leaf_width;
    ensemble.base.assign(wish_.n_margins, wish_.link == Link::clip ? 0.0 : 0.25);
    ensemble.link = wish_.link;
    if (wish_.link == Link::clip) ensemble.scale = 1 / static_cast<double>(wish_.n_trees);
    for (std::size_t t = 0; t < wish_.n_trees; ++t) ensemble.trees.push_back(tree());
    return ensemble;
  }

 private:
  double uniform() { return random_.uniform(next_++); }
  std::size_t below(std::size_t n) { return random_.below(next_++, n); }

  Tree tree() {
    Tree tree;
    for (std::size_t leaf = 0; leaf < wish_.n_leaves; ++leaf) {
      if (leaf > 0) split(tree, below(leaf));
      tree.leaf_weights.push_back(1 + static_cast<double>(below(100)));
      double sum = 0;
      for (std::size_t k = 0; k < wish_.leaf_width; ++k) sum += tree.leaf_values.emplace_back(uniform());
      if (wish_.link != Link::clip) continue;
      for (double& p : std::span(tree.leaf_values).last(wish_.leaf_width)) p /= sum;
    }
    for (std::size_t i = tree.nodes.size(); i-- > 0;) {
      const auto weight = [&](std::int32_t child) {
        return child >= 0 ? tree.nodes[static_cast<std::size_t>(child)].weight
                          : tree.leaf_weights[~static_cast<std::size_t>(child)];
      };
      tree.nodes[i].weight = weight(tree.nodes[i].left) + weight(tree.nodes[i].right);
    }
    return tree;
  }

  /// A node instead of the leaf, with the leaf and the next one as children.
  void split(Tree& tree, std::size_t leaf) {
    const auto added = static_cast<std::int32_t>(tree.nodes.size());
    const auto kept = ~static_cast<std::int32_t>(leaf);
    for (TreeNode& node : tree.nodes) {
      if (node.left == kept) node.left = added;
      if (node.right == kept) node.right = added;
    }
    TreeNode node = question(tree);
    node.left = kept;
    node.right = ~(added + 1);
    if (below(2) == 0) std::swap(node.left, node.right);
    tree.nodes.push_back(node);
  }

  TreeNode question(Tree& tree) {
    TreeNode node;
    node.feature = static_cast<std::int32_t>(below(schema_.features.size()));
    node.gain = static_cast<float>(uniform());
    node.missing_left = wish_.missing_both_ways && below(2) == 0;
    const Feature& feature = schema_.features[static_cast<std::size_t>(node.feature)];
    if (feature.type == FeatureType::number) {
      node.zero_is_missing = wish_.zero_is_missing && below(2) == 0;
      node.threshold = threshold();
      return node;
    }
    node.category_set = static_cast<std::int32_t>(tree.category_bits.size());
    const std::size_t n = feature.categories.size();
    const std::size_t one_in = n > 1000 && below(2) == 0 ? 300 : 2;  // few enough for a list, or half
    std::vector<std::uint32_t> codes;
    for (std::uint32_t c = 0; c < n; ++c) {
      if (below(one_in) == one_in - 1) codes.push_back(c);
    }
    node.category_list = append_category_set(codes, n, tree.category_bits);
    return node;
  }

  double threshold() {
    if (wish_.whole_thresholds) return static_cast<double>(below(21)) - 10;
    const double x = random_.normal(next_++);
    return wish_.double_thresholds ? x : static_cast<double>(static_cast<float>(x));
  }

  const Schema& schema_;
  RandomTrees wish_;
  Random random_;
  std::uint64_t next_ = 0;
};

inline TreeEnsemble random_ensemble(const Schema& schema, const RandomTrees& wish) {
  return RandomTreeMaker(schema, wish).ensemble();
}

inline TreeModel tree_model(std::string algorithm, Schema schema, TreeEnsemble ensemble) {
  return TreeModel({.algorithm = std::move(algorithm),
                    .schema = std::move(schema),
                    .ensemble = std::move(ensemble),
                    .training = {.n_rows = 100,
                                 .iterations = 7,
                                 .converged = true,
                                 .objective = 0.25,
                                 .stopped_by = "n_estimators",
                                 .options_json = R"({"n_estimators":7})"}});
}

/// age <= 30 ? 1 : (work in {b} ? 2 : 4)
inline TreeEnsemble small_ensemble() {
  Tree tree;
  tree.nodes = {{.feature = 0, .left = ~0, .right = 1, .threshold = 30, .missing_left = true, .gain = 3, .weight = 10},
                {.feature = 1, .left = ~1, .right = ~2, .category_set = 0, .gain = 1, .weight = 7}};
  tree.leaf_values = {1, 2, 4};
  tree.leaf_weights = {3, 5, 2};
  tree.category_bits = {0b10};
  TreeEnsemble ensemble;
  ensemble.trees = {tree};
  return ensemble;
}

inline Schema small_schema() {
  return {.features = {{"age"}, {"work", FeatureType::category, {"a", "b", "c"}}},
          .target = {"pay", Task::regression, {}}};
}

/// The leaf of a row, by the definition of a tree.
inline std::size_t plain_leaf(const Tree& tree, const Schema& schema, std::span<const double> row, bool float_inputs) {
  if (tree.nodes.empty()) return 0;
  std::int32_t at = 0;
  while (at >= 0) {
    const TreeNode& node = tree.nodes[static_cast<std::size_t>(at)];
    const auto feature = static_cast<std::size_t>(node.feature);
    const double x = float_inputs && node.category_set < 0 ? static_cast<float>(row[feature]) : row[feature];
    bool is_missing = std::isnan(x) || (node.zero_is_missing && std::abs(row[feature]) <= 1e-35F);
    bool left = x <= node.threshold;
    if (node.category_set >= 0) {
      is_missing = !(x >= 0 && x < static_cast<double>(schema.features[feature].categories.size()));
      const std::size_t code = is_missing ? 0 : static_cast<std::size_t>(x);
      left = category_goes_left(node, tree, code);
    }
    at = (is_missing ? node.missing_left : left) ? node.left : node.right;
  }
  return ~static_cast<std::size_t>(at);
}

/// The margins of a row, by the definition of an ensemble.
inline std::vector<double> plain_margins(const TreeEnsemble& ensemble, const Schema& schema,
                                         std::span<const double> row) {
  std::vector<double> margins(ensemble.n_margins());
  for (std::size_t t = 0; t < ensemble.trees.size(); ++t) {
    const Tree& tree = ensemble.trees[t];
    const double* leaf =
        tree.leaf_values.data() + plain_leaf(tree, schema, row, ensemble.float_inputs) * ensemble.leaf_width;
    if (ensemble.leaf_width == 1) margins[t % margins.size()] += *leaf;
    for (std::size_t k = 0; k < ensemble.leaf_width && ensemble.leaf_width > 1; ++k) margins[k] += leaf[k];
  }
  for (std::size_t k = 0; k < margins.size(); ++k) margins[k] = ensemble.base[k] + ensemble.scale * margins[k];
  return margins;
}

/// (n, n_features): numbers about 0, some of them whole, infinite or zero; codes, some unknown; some values missing.
inline std::vector<double> random_rows(const Schema& schema, std::size_t n, std::uint64_t seed) {
  const Random random(seed, 7);
  std::vector<double> rows(n * schema.features.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Feature& feature = schema.features[i % schema.features.size()];
    const std::uint64_t kind = random.below(3 * i, 20);
    if (kind == 0) {
      rows[i] = std::numeric_limits<double>::quiet_NaN();
    } else if (feature.type == FeatureType::category) {
      rows[i] = static_cast<double>(random.below(3 * i + 1, feature.categories.size() + 1));
    } else if (kind == 1) {
      rows[i] = (random.below(3 * i + 1, 2) == 0 ? 1 : -1) * std::numeric_limits<double>::infinity();
    } else if (kind < 6) {
      rows[i] = static_cast<double>(random.below(3 * i + 1, 21)) - 10;
    } else {
      rows[i] = random.normal(3 * i + 1);
    }
  }
  return rows;
}

/// Of the features of model_of, for golden files: thresholds among the values that are predicted there.
inline TreeModel golden_trees(std::string algorithm, Schema schema, RandomTrees wish) {
  wish.whole_thresholds = true;
  TreeEnsemble ensemble = random_ensemble(schema, wish);
  for (Tree& tree : ensemble.trees) {
    for (TreeNode& node : tree.nodes) node.threshold = node.category_set < 0 ? 30 + 4 * node.threshold : 0;
  }
  return tree_model(std::move(algorithm), std::move(schema), std::move(ensemble));
}

}  // namespace thrum::model_test
