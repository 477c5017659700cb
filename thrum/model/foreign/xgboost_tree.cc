#include "thrum/model/foreign/xgboost_tree_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "thrum/model/foreign/json_reading_internal.h"

namespace thrum {
namespace {

/// Fills in which nodes ask for categories, and for which.
void parse_categories(XgboostTree& parsed, const Json& tree, const ForeignSource& source) {
  const std::size_t n = parsed.left.size();
  parsed.categories.resize(n);
  parsed.is_categorical.resize(n);
  if (!tree.contains("categories_nodes")) return;  // before version 1.5
  const auto all = numbers_in<std::int64_t>(tree, "categories", source);
  const auto nodes = numbers_in<std::int64_t>(tree, "categories_nodes", source);
  const auto begins = numbers_in<std::int64_t>(tree, "categories_segments", source);
  const auto sizes = numbers_in<std::int64_t>(tree, "categories_sizes", source);
  if (begins.size() != nodes.size() || sizes.size() != nodes.size()) source.fail("a tree has categories without nodes");
  const auto n_all = static_cast<std::int64_t>(all.size());
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const bool fits = nodes[k] >= 0 && nodes[k] < static_cast<std::int64_t>(n) && begins[k] >= 0 && sizes[k] >= 0 &&
                      begins[k] <= n_all && sizes[k] <= n_all - begins[k];
    if (!fits) source.fail("a tree has categories beyond its arrays");
    const auto first = all.begin() + begins[k];
    parsed.categories[static_cast<std::size_t>(nodes[k])].assign(first, first + sizes[k]);
    parsed.is_categorical[static_cast<std::size_t>(nodes[k])] = true;
  }
}

/// The largest number below every float that is not less than `condition`: floats x < condition are x <= this.
double threshold_below(double condition, const ForeignSource& source) {
  const auto c = static_cast<float>(condition);
  if (std::isnan(c) || c == -std::numeric_limits<float>::infinity())
    source.fail("a tree has a threshold that cannot be");
  const float below = std::nextafter(c, -std::numeric_limits<float>::infinity());
  return std::isinf(below) ? 2.0 * std::numeric_limits<float>::lowest() : static_cast<double>(below);
}

/// Copies nodes from the root on, since those that pruning left behind are still in the arrays.
class Conversion {
 public:
  Conversion(const XgboostTree& from, double factor, const ForeignFeatures& features, const ForeignSource& source)
      : from_(from), factor_(factor), features_(features), source_(source), is_seen_(from.left.size()) {}

  Tree run() {
    std::vector<Visit> visits = {{.node = 0, .link = nullptr_link}};
    while (!visits.empty()) {
      const Visit visit = visits.back();
      visits.pop_back();
      const auto i = static_cast<std::size_t>(visit.node);
      if (visit.node < 0 || i >= is_seen_.size() || is_seen_[i]) source_.fail("a tree links its nodes wrongly");
      is_seen_[i] = true;
      const bool is_leaf = from_.left[i] == -1;
      link(visit, is_leaf ? ~add_leaf(i) : add_node(i));
      if (is_leaf) continue;
      const auto made = static_cast<std::int64_t>(tree_.nodes.size()) - 1;
      visits.push_back({.node = from_.right[i], .link = 2 * made + 1});
      visits.push_back({.node = from_.left[i], .link = 2 * made});
    }
    return std::move(tree_);
  }

 private:
  static constexpr std::int64_t nullptr_link = -1;  // of the root
  struct Visit {
    std::int64_t node;
    std::int64_t link;  // 2 * (the parent's new number) + (1: its right child)
  };

  void link(const Visit& visit, std::int32_t child) {
    if (visit.link == nullptr_link) return;
    TreeNode& parent = tree_.nodes[static_cast<std::size_t>(visit.link / 2)];
    (visit.link % 2 == 0 ? parent.left : parent.right) = child;
  }

  std::int32_t add_leaf(std::size_t i) {
    tree_.leaf_values.push_back(static_cast<double>(static_cast<float>(from_.condition[i])) * factor_);
    tree_.leaf_weights.push_back(from_.weight[i]);
    return static_cast<std::int32_t>(tree_.leaf_weights.size()) - 1;
  }

  std::int32_t add_node(std::size_t i) {
    const std::int64_t feature = from_.feature[i];
    const bool exists = feature >= 0 && static_cast<std::size_t>(feature) < features_.features().size();
    if (!exists || features_.is_category(static_cast<std::size_t>(feature)) != from_.is_categorical[i]) {
      source_.fail(fmt::format("a tree asks for feature {} in a way that it does not have", feature));
    }
    TreeNode node{.feature = static_cast<std::int32_t>(feature)};
    node.missing_left = from_.default_left[i];
    node.gain = static_cast<float>(from_.gain[i]);
    node.weight = from_.weight[i];
    if (from_.is_categorical[i]) {
      node.category_set = features_.add_set(tree_, static_cast<std::size_t>(feature), from_.categories[i], true);
    } else {
      node.threshold = threshold_below(from_.condition[i], source_);
    }
    tree_.nodes.push_back(node);
    return static_cast<std::int32_t>(tree_.nodes.size()) - 1;
  }

  const XgboostTree& from_;
  double factor_;
  const ForeignFeatures& features_;
  const ForeignSource& source_;
  std::vector<bool> is_seen_;
  Tree tree_;
};

}  // namespace

XgboostTree parse_xgboost_tree(const Json& tree, const ForeignSource& source) {
  XgboostTree parsed;
  parsed.left = numbers_in<std::int64_t>(tree, "left_children", source);
  parsed.right = numbers_in<std::int64_t>(tree, "right_children", source);
  parsed.feature = numbers_in<std::int64_t>(tree, "split_indices", source);
  parsed.condition = numbers_in<double>(tree, "split_conditions", source);
  parsed.gain = numbers_in<double>(tree, "loss_changes", source);
  parsed.weight = numbers_in<double>(tree, "sum_hessian", source);
  for (const std::int64_t flag : numbers_in<std::int64_t>(tree, "default_left", source)) {
    parsed.default_left.push_back(flag != 0);
  }
  const std::size_t n = parsed.left.size();
  for (const std::size_t size : {parsed.right.size(), parsed.feature.size(), parsed.condition.size(),
                                 parsed.gain.size(), parsed.weight.size(), parsed.default_left.size()}) {
    if (size != n) source.fail("a tree has arrays of different sizes");
  }
  parse_categories(parsed, tree, source);
  return parsed;
}

Tree convert_xgboost_tree(const XgboostTree& tree, double factor, const ForeignFeatures& features,
                          const ForeignSource& source) {
  return Conversion(tree, factor, features, source).run();
}

}  // namespace thrum
