// Writes a model of about MEGABYTES.   usage: large_model FILE MEGABYTES [forest]
// A logistic regression of 1000 classes of one text feature with as many categories as that takes, or a forest of 100
// trees.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/model/tree/tree_model.h"

namespace {

std::vector<std::string> numbered(const std::string& prefix, std::size_t n) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < n; ++i) names.push_back(prefix + std::to_string(1000000 + i));  // in the order of bytes
  return names;
}

thrum::LogisticRegressionModel regression_of(std::size_t megabytes) {
  constexpr std::size_t n_classes = 1000;
  const std::size_t n_categories = megabytes * 1000000 / (n_classes * sizeof(double));
  thrum::Schema schema;
  schema.features = {{"kind", thrum::FeatureType::category, numbered("k", n_categories)}};
  schema.target = {"class", thrum::Task::classification, numbered("c", n_classes)};
  std::vector<double> coefficients(n_classes * n_categories);
  for (std::size_t i = 0; i < coefficients.size(); ++i) coefficients[i] = static_cast<double>(i % 97) / 97;
  thrum::Encoder encoder(schema, {{}});
  return thrum::LogisticRegressionModel({.schema = std::move(schema),
                                         .encoder = std::move(encoder),
                                         .coefficients = std::move(coefficients),
                                         .intercepts = std::vector<double>(n_classes),
                                         .kkt = 0,
                                         .training = {}});
}

/// Trees whose leaves are divided at random, each node followed by what is below its left child, as a learner that goes
/// depth first makes them.
class TreeMaker {
 public:
  explicit TreeMaker(std::uint64_t seed) : random_(seed) {}

  thrum::Tree tree(std::size_t n_leaves) {
    thrum::Tree tree;
    grow(tree, n_leaves);
    return tree;
  }

 private:
  std::size_t below(std::size_t n) { return random_.below(next_++, n); }

  std::int32_t grow(thrum::Tree& tree, std::size_t n_leaves) {
    if (n_leaves == 1) {
      tree.leaf_values.push_back(static_cast<double>(below(12)) / 11);
      tree.leaf_weights.push_back(1 + static_cast<double>(below(9)));
      return ~static_cast<std::int32_t>(tree.leaf_weights.size() - 1);
    }
    const std::size_t at = tree.nodes.size(), n_left = 1 + below(n_leaves - 1);
    tree.nodes.push_back({.feature = static_cast<std::int32_t>(below(28)),
                          .threshold = random_.uniform(next_++),
                          .gain = 1,
                          .weight = static_cast<double>(n_leaves)});
    const std::int32_t left = grow(tree, n_left), right = grow(tree, n_leaves - n_left);
    tree.nodes[at].left = left;
    tree.nodes[at].right = right;
    return static_cast<std::int32_t>(at);
  }

  thrum::Random random_;
  std::uint64_t next_ = 0;
};

thrum::TreeModel forest_of(std::size_t megabytes) {
  constexpr std::size_t n_trees = 100, bytes_per_leaf = 45;  // and node
  thrum::Schema schema;
  for (const std::string& name : numbered("x", 28)) schema.features.push_back({name});
  schema.target = {"class", thrum::Task::classification, {"no", "yes"}};
  thrum::TreeEnsemble ensemble;
  ensemble.scale = 1.0 / n_trees;
  ensemble.link = thrum::Link::clip;
  for (std::size_t t = 0; t < n_trees; ++t) {
    ensemble.trees.push_back(TreeMaker(t).tree(megabytes * 1000000 / n_trees / bytes_per_leaf));
  }
  return thrum::TreeModel(
      {.algorithm = "random-forest", .schema = schema, .ensemble = std::move(ensemble), .training = {}});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3 || argc > 4 || (argc == 4 && std::string(argv[3]) != "forest")) return 2;
  const std::size_t megabytes = std::strtoul(argv[2], nullptr, 10);
  argc == 3 ? thrum::save_model(regression_of(megabytes), argv[1]) : thrum::save_model(forest_of(megabytes), argv[1]);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
