#include <fmt/format.h>

#include <cstdint>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/tree_text.h"
#include "thrum/model/tree/tree_writing_internal.h"

namespace thrum {
namespace {

Json child_json(std::int32_t child) {
  return child >= 0 ? Json{{"node", child}} : Json{{"leaf", ~child}};
}

Json node_json(const TreeNode& node, const Tree& tree, const Schema& schema) {
  const Feature& feature = schema.features[static_cast<std::size_t>(node.feature)];
  Json json = {{"feature", feature.name}};
  if (node.category_set < 0) {
    json["threshold"] = node.threshold;
  } else {
    Json& names = json["categories"] = Json::array();
    for (std::size_t c = 0; c < feature.categories.size(); ++c) {
      if (category_goes_left(node, tree, c)) names.push_back(feature.categories[c]);
    }
  }
  json["missing"] = node.missing_left ? "left" : "right";
  if (node.zero_is_missing) json["zero_is_missing"] = true;
  json["gain"] = node.gain;
  json["weight"] = node.weight;
  json["left"] = child_json(node.left);
  json["right"] = child_json(node.right);
  return json;
}

Json json_of_tree(const TreeModel& model, const Tree& tree) {
  Json nodes = Json::array();
  for (const TreeNode& node : tree.nodes) nodes.push_back(node_json(node, tree, model.schema()));
  const std::size_t width = model.ensemble().leaf_width;
  Json leaves = Json::array();
  for (std::size_t leaf = 0; leaf < tree.n_leaves(); ++leaf) {
    Json values = Json::array();
    for (std::size_t k = 0; k < width; ++k) values.push_back(tree.leaf_values[leaf * width + k]);
    leaves.push_back({{"value", width == 1 ? values[0] : values}, {"weight", tree.leaf_weights[leaf]}});
  }
  return {{"nodes", std::move(nodes)}, {"leaves", std::move(leaves)}};
}

}  // namespace

const Tree& checked_tree(const TreeModel& model, std::size_t index) {
  const auto& trees = model.ensemble().trees;
  if (index < trees.size()) return trees[index];
  throw Error(ErrorCode::invalid_argument,
              trees.empty() ? fmt::format("[tree] expected a model with trees, this {} has none", model.algorithm())
                            : fmt::format("[tree] expected a tree from 0 to {}, got {}", trees.size() - 1, index));
}

std::string tree_title(const TreeModel& model, std::size_t index) {
  const TreeEnsemble& ensemble = model.ensemble();
  const std::size_t n_leaves = ensemble.trees[index].n_leaves();
  const bool of_a_class = ensemble.leaf_width == 1 && ensemble.n_margins() > 1;
  return fmt::format(
      "tree {} of {}{}: {} {}", index, ensemble.trees.size(),
      of_a_class ? ", for class " + printable(model.schema().target.classes[index % ensemble.n_margins()]) : "",
      n_leaves, n_leaves == 1 ? "leaf" : "leaves");
}

std::string tree_json(const TreeModel& model, std::size_t index) {
  return json_of_tree(model, checked_tree(model, index)).dump();
}

std::string ensemble_json(const TreeModel& model) {
  const TreeEnsemble& ensemble = model.ensemble();
  Json trees = Json::array();
  for (const Tree& tree : ensemble.trees) trees.push_back(json_of_tree(model, tree));
  return Json{{"link", link_name(ensemble.link)},  {"base", ensemble.base},
              {"scale", ensemble.scale},           {"float_inputs", ensemble.float_inputs},
              {"leaf_width", ensemble.leaf_width}, {"features", model.schema().feature_names()},
              {"trees", std::move(trees)}}
      .dump();
}

}  // namespace thrum
