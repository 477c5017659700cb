#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include "thrum/data/schema.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum {

/// What a row holds in a feature, as people may see it: a number, a category, "missing" or "unknown".
std::string value_text(double x, const Feature& feature);

/// A node's question as people ask it: "age <= 30.5", "work in {a, b}"; with " or missing" where missing values answer
/// yes.
std::string question_text(const TreeNode& node, const Tree& tree, const Schema& schema);

/// What a leaf holds: "0.25", or "{<=50K: 0.75, >50K: 0.25}" where it has a value per class.
std::string leaf_text(const Tree& tree, std::size_t leaf, std::size_t leaf_width, const Schema& schema);

/// Which trees to write, and down to how many questions.
struct TreeWriting {
  std::size_t max_depth = std::numeric_limits<std::size_t>::max();
};

/// Tree `index` as indented lines; yes is the left child. Throws invalid_argument where there is no such tree.
std::string tree_text(const TreeModel& model, std::size_t index, const TreeWriting& writing = {});
/// The same in Graphviz' language.
std::string tree_dot(const TreeModel& model, std::size_t index, const TreeWriting& writing = {});
/// The same as a picture of its own.
std::string tree_svg(const TreeModel& model, std::size_t index, const TreeWriting& writing = {});
/// The same as one JSON object: "nodes", where a child is {"node": i} or {"leaf": i}, and "leaves".
std::string tree_json(const TreeModel& model, std::size_t index);
/// All there is to predict with: trees, base, scale, link and features.
std::string ensemble_json(const TreeModel& model);

/// The questions that a row is asked in tree `index`, one line each, with its answers, and the leaf where it ends.
std::string path_text(const TreeModel& model, std::size_t index, std::span<const double> row);

}  // namespace thrum
