#include "thrum/model/tree/tree_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "thrum/core/printable.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/tree_path.h"
#include "thrum/model/tree/tree_writing_internal.h"

namespace thrum {
namespace {

std::vector<std::string> set_names(const TreeNode& node, const Tree& tree, const Feature& feature) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < feature.categories.size(); ++c) {
    if (category_goes_left(node, tree, c)) names.push_back(printable(feature.categories[c]));
  }
  return names;
}

/// Thresholds that are floats in the few digits that tell them from other floats.
std::string threshold_text(double threshold) {
  const auto nearest = static_cast<float>(threshold);
  return static_cast<double>(nearest) == threshold ? fmt::format("{}", nearest) : fmt::format("{}", threshold);
}

/// A line to come: a node or a leaf, and what stands before it.
struct Line {
  std::int32_t child;
  std::size_t depth;
  std::string first;  ///< before the line itself
  std::string rest;   ///< before those of its children
};

}  // namespace

std::string value_text(double x, const Feature& feature) {
  if (std::isnan(x)) return "missing";
  if (feature.type == FeatureType::number) return fmt::format("{}", x);
  const bool known = x >= 0 && x < static_cast<double>(feature.categories.size());
  return known ? printable(feature.categories[static_cast<std::size_t>(x)]) : "unknown";
}

std::string question_text(const TreeNode& node, const Tree& tree, const Schema& schema) {
  const Feature& feature = schema.features[static_cast<std::size_t>(node.feature)];
  const std::string missing = node.zero_is_missing ? " or missing or 0" : " or missing";
  const std::string answer =
      node.category_set < 0
          ? fmt::format("{} <= {}", printable(feature.name), threshold_text(node.threshold))
          : fmt::format("{} in {{{}}}", printable(feature.name), fmt::join(set_names(node, tree, feature), ", "));
  return answer + (node.missing_left ? missing : "");
}

std::string leaf_text(const Tree& tree, std::size_t leaf, std::size_t leaf_width, const Schema& schema) {
  const double* values = tree.leaf_values.data() + leaf * leaf_width;
  if (leaf_width == 1) return fmt::format("{:.6g}", *values);
  std::vector<std::string> parts;
  for (std::size_t k = 0; k < leaf_width; ++k) {
    parts.push_back(fmt::format("{}: {:.4g}", printable(schema.target.classes[k]), values[k]));
  }
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string tree_text(const TreeModel& model, std::size_t index, const TreeWriting& writing) {
  const Tree& tree = checked_tree(model, index);
  std::string text = tree_title(model, index) + "\n";
  std::vector<Line> lines = {{tree.nodes.empty() ? ~0 : 0, 0, "", ""}};
  while (!lines.empty()) {
    const Line line = std::move(lines.back());
    lines.pop_back();
    if (line.child < 0) {
      const auto leaf = ~static_cast<std::size_t>(line.child);
      text += fmt::format("{}{}  ({:g} rows)\n", line.first,
                          leaf_text(tree, leaf, model.ensemble().leaf_width, model.schema()), tree.leaf_weights[leaf]);
      continue;
    }
    const TreeNode& node = tree.nodes[static_cast<std::size_t>(line.child)];
    if (line.depth == writing.max_depth) {
      text += fmt::format("{}...  ({:g} rows)\n", line.first, node.weight);
      continue;
    }
    text += fmt::format("{}{}?  ({:g} rows, gain {:g})\n", line.first, question_text(node, tree, model.schema()),
                        node.weight, node.gain);
    lines.push_back({node.right, line.depth + 1, line.rest + "`- no:  ", line.rest + "   "});
    lines.push_back({node.left, line.depth + 1, line.rest + "|- yes: ", line.rest + "|  "});
  }
  return text;
}

std::string path_text(const TreeModel& model, std::size_t index, std::span<const double> row) {
  const Tree& tree = checked_tree(model, index);
  const DecisionPath path = decision_path(model.ensemble(), index, model.schema(), row);
  std::string text = tree_title(model, index) + "\n";
  for (const PathStep& step : path.steps) {
    const TreeNode& node = tree.nodes[step.node];
    const auto feature = static_cast<std::size_t>(node.feature);
    text += fmt::format("  {}?  {}, it is {}\n", question_text(node, tree, model.schema()),
                        step.went_left ? "yes" : "no", value_text(row[feature], model.schema().features[feature]));
  }
  return text + fmt::format("  leaf {}: {}\n", path.leaf,
                            leaf_text(tree, path.leaf, model.ensemble().leaf_width, model.schema()));
}

}  // namespace thrum
