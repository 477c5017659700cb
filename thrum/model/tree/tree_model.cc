#include "thrum/model/tree/tree_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "thrum/core/assert.h"
#include "thrum/core/counted.h"
#include "thrum/core/json_object_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/direct_image_internal.h"
#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/explaining_trees_internal.h"
#include "thrum/model/tree/general_trees_internal.h"
#include "thrum/model/tree/tree_file_internal.h"
#include "thrum/model/tree/tree_importance.h"

namespace thrum {
namespace {

std::size_t n_leaves(const TreeEnsemble& ensemble) {
  std::size_t n = 0;
  for (const Tree& tree : ensemble.trees) n += tree.n_leaves();
  return n;
}

/// The most questions that a row may be asked by one tree.
std::size_t depth(const TreeEnsemble& ensemble) {
  std::size_t depth = 0;
  for (const Tree& tree : ensemble.trees) depth = std::max(depth, std::ranges::max(tree_depths(tree)));
  return depth;
}

std::string importance_text(const std::vector<TreeImportance>& importances, const Schema& schema) {
  double total = 0;
  for (const TreeImportance& importance : importances) total += importance.gain;
  std::vector<std::size_t> order(importances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t j) { return std::tuple(-importances[j].gain, ~importances[j].n_splits, j); });
  std::string text = "share of the gain, and splits, per feature:\n";
  for (const std::size_t j : order) {
    const double share = total > 0 ? 100 * importances[j].gain / total : 0;
    text += fmt::format("  {:>6.2f} % {:>8}  {}\n", share, importances[j].n_splits, printable(schema.features[j].name));
  }
  return text;
}

/// Trees that may be small enough for another engine, which looks at all of them at once.
bool are_small(const TreeSource& trees) {
  for (std::size_t t = 0; t < trees.n_trees(); ++t) {
    if (trees.n_nodes(t) >= byte_trees::most_leaves) return false;
  }
  return true;
}

}  // namespace

TreeModel::TreeModel(Parts parts) : parts_(std::move(parts)) {
  THRUM_ASSERT(fault_of(parts_.ensemble, parts_.schema).empty());
}

std::unique_ptr<Model> TreeModel::read(const ModelFile& file, Schema schema, TrainingRecord training) {
  TreeEnsemble ensemble = read_ensemble(file, schema);
  return std::make_unique<TreeModel>(Parts{.algorithm = file.metadata("algorithm"),
                                           .schema = std::move(schema),
                                           .ensemble = std::move(ensemble),
                                           .training = std::move(training)},
                                     Checked());
}

void TreeModel::write(ModelFileBuilder& file) const {
  write_ensemble(parts_.ensemble, file);
}

std::vector<std::byte> TreeModel::compile() const {
  if (fits_byte_trees(parts_.ensemble, parts_.schema)) return compile_byte_trees(parts_.ensemble, parts_.schema);
  std::vector<std::byte> deep = compile_deep_trees(parts_.ensemble, parts_.schema);
  return deep.empty() ? compile_general_trees(parts_.ensemble, parts_.schema) : deep;
}

bool build_trees(const ModelFile& file, const Schema& schema, UseImage use) {
  const auto trees = open_trees(file, schema);
  return !are_small(*trees) && build_deep_trees(*trees, schema, use);
}

std::vector<std::byte> TreeModel::explaining(std::vector<std::byte> compiled) const {
  return compile_explaining_trees(parts_.ensemble, parts_.schema, compiled);
}

std::string TreeModel::description() const {
  const TreeEnsemble& ensemble = parts_.ensemble;
  return fmt::format("{} with {}, at most {} deep\n", counted(ensemble.trees.size(), "tree"),
                     counted(n_leaves(ensemble), "leaf", "leaves"), counted(depth(ensemble), "question")) +
         importance_text(tree_importances(ensemble, parts_.schema.features.size()), parts_.schema);
}

std::string TreeModel::description_json() const {
  const TreeEnsemble& ensemble = parts_.ensemble;
  const auto importances = tree_importances(ensemble, parts_.schema.features.size());
  const std::vector<std::string> names = parts_.schema.feature_names();
  Json gains = json_object(names, [&](std::size_t j) { return importances[j].gain; });
  Json splits = json_object(names, [&](std::size_t j) { return importances[j].n_splits; });
  return Json{{"trees", ensemble.trees.size()},
              {"leaves", n_leaves(ensemble)},
              {"depth", depth(ensemble)},
              {"link", link_name(ensemble.link)},
              {"importances", {{"gain", std::move(gains)}, {"split", std::move(splits)}}}}
      .dump();
}

}  // namespace thrum
