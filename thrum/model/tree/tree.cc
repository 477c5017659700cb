#include "thrum/model/tree/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/each_tree_internal.h"

namespace thrum {
namespace {

constexpr std::array link_names = {
    std::pair{Link::identity, std::string_view("identity")}, std::pair{Link::logistic, std::string_view("logistic")},
    std::pair{Link::softmax, std::string_view("softmax")},   std::pair{Link::exp, std::string_view("exp")},
    std::pair{Link::clip, std::string_view("clip")},
};

bool link_fits(Link link, std::size_t n_margins, const Target& target) {
  if (target.task == Task::anomaly) return n_margins == 1 && link == Link::exp;
  if (target.task == Task::ranking) return n_margins == 1 && link == Link::identity;
  if (target.task == Task::regression) return n_margins == 1 && link != Link::softmax && link != Link::clip;
  const std::size_t n_classes = target.classes.size();
  const bool is_one_of_two = n_margins == 1 && n_classes == 2;
  switch (link) {
    case Link::logistic:
      return is_one_of_two || (n_margins == n_classes && n_classes > 2);
    case Link::clip:
      return is_one_of_two || n_margins == n_classes;
    case Link::softmax:
      return n_margins == n_classes;
    default:
      return false;
  }
}

bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

bool all_weights(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value) && value >= 0; });
}

/// Whether the list names categories that the feature has, each once, in their order.
bool list_fits(const Tree& tree, std::size_t begin, std::size_t n_categories) {
  if (!category_list_fits(tree.category_bits, begin)) return false;
  const std::uint64_t* list = tree.category_bits.data() + begin;
  const std::size_t n = category_list_half(list, 0);
  std::size_t next = 0;
  for (std::size_t i = 1; i <= n; ++i) {
    if (category_list_half(list, i) < next) return false;
    next = category_list_half(list, i) + std::size_t{1};
  }
  return next <= n_categories && (n % 2 == 1 || category_list_half(list, n + 1) == 0);
}

/// Whether the set holds no category that the feature does not have.
bool bits_fit(const Tree& tree, std::size_t begin, std::size_t n_categories) {
  const std::size_t n_words = (n_categories + 63) / 64;
  if (begin > tree.category_bits.size() || tree.category_bits.size() - begin < n_words) return false;
  const std::size_t n_last = n_categories - 64 * (n_words - 1);
  return n_last == 64 || tree.category_bits[begin + n_words - 1] >> n_last == 0;
}

bool set_fits(const TreeNode& node, const Tree& tree, std::size_t n_categories) {
  if (node.category_set < 0) return !node.category_list;
  const auto begin = static_cast<std::size_t>(node.category_set);
  return node.category_list ? list_fits(tree, begin, n_categories) : bits_fit(tree, begin, n_categories);
}

/// The fault of one question, but for its links.
std::string_view fault_of_node(const TreeNode& node, const Tree& tree, const Schema& schema) {
  if (node.feature < 0 || static_cast<std::size_t>(node.feature) >= schema.features.size()) {
    return "asks for a feature that does not exist";
  }
  const Feature& feature = schema.features[static_cast<std::size_t>(node.feature)];
  if ((feature.type == FeatureType::category) != (node.category_set >= 0)) {
    return "takes categories for numbers, or numbers for categories";
  }
  if (!set_fits(node, tree, feature.categories.size())) {
    return "has a set of categories that do not exist";
  }
  if (!(std::abs(node.threshold) < std::numeric_limits<double>::max()) || !std::isfinite(node.gain) ||
      !(node.weight >= 0) || !std::isfinite(node.weight)) {
    return "has a threshold, gain or weight that cannot be";
  }
  return "";
}

/// Links go forward and reach every node but the root, and every leaf, once: then all rows end in a leaf.
bool links_fit(const Tree& tree) {
  std::vector<std::uint8_t> seen(tree.nodes.size() + tree.n_leaves());
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    for (const std::int64_t child : {tree.nodes[i].left, tree.nodes[i].right}) {
      const std::size_t at =
          child >= 0 ? static_cast<std::size_t>(child) : tree.nodes.size() + ~static_cast<std::size_t>(child);
      const bool is_forward = child < 0 || (at > i && at < tree.nodes.size());
      if (!is_forward || at >= seen.size() || std::exchange(seen[at], 1) != 0) return false;
    }
  }
  return true;
}

std::string_view fault_of_tree(const Tree& tree, std::size_t leaf_width, const Schema& schema) {
  if (tree.nodes.size() > std::numeric_limits<std::int32_t>::max() || tree.n_leaves() != tree.nodes.size() + 1 ||
      tree.leaf_values.size() != tree.n_leaves() * leaf_width) {
    return "has another number of leaves than its nodes need";
  }
  for (const TreeNode& node : tree.nodes) {
    if (const std::string_view fault = fault_of_node(node, tree, schema); !fault.empty()) return fault;
  }
  if (!links_fit(tree)) return "does not link every node and leaf once";
  if (!all_finite(tree.leaf_values) || !all_weights(tree.leaf_weights)) return "has a leaf that is no number";
  return "";
}

}  // namespace

std::string_view link_name(Link link) noexcept {
  return std::ranges::find(link_names, link, &std::pair<Link, std::string_view>::first)->second;
}

std::optional<Link> parse_link(std::string_view name) noexcept {
  const auto found = std::ranges::find(link_names, name, &std::pair<Link, std::string_view>::second);
  return found == link_names.end() ? std::nullopt : std::optional(found->first);
}

std::size_t n_nodes(const TreeEnsemble& ensemble) noexcept {
  std::size_t n = 0;
  for (const Tree& tree : ensemble.trees) n += tree.nodes.size();
  return n;
}

std::string fault_of(const TreeEnsemble& ensemble, const Schema& schema) {
  if (ensemble.base.empty() || (ensemble.leaf_width != 1 && ensemble.leaf_width != ensemble.n_margins()) ||
      !link_fits(ensemble.link, ensemble.n_margins(), schema.target)) {
    return "has margins that do not fit its target";
  }
  if (!all_finite(ensemble.base) || !std::isfinite(ensemble.scale)) return "has a base or a scale that is no number";
  std::vector<std::string> faults(ensemble.trees.size());
  for_each_tree(faults.size(), n_nodes(ensemble),
                [&](std::size_t t) { faults[t] = fault_of(ensemble.trees[t], t, ensemble.leaf_width, schema); });
  const auto first = std::ranges::find_if(faults, [](const std::string& fault) { return !fault.empty(); });
  return first == faults.end() ? "" : *first;
}

std::string fault_of(const Tree& tree, std::size_t t, std::size_t leaf_width, const Schema& schema) {
  const std::string_view fault = fault_of_tree(tree, leaf_width, schema);
  return fault.empty() ? "" : fmt::format("has a tree {} that {}", t, fault);
}

}  // namespace thrum
