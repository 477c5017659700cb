#include "thrum/learn/tree/forest/isolation_tree_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "thrum/model/tree/category_set_internal.h"

namespace thrum::forest {
namespace {

constexpr double largest = std::numeric_limits<double>::max();

/// A number in [low, high) at `u` in [0, 1) of the way, a float where one is there.
double between(double low, double high, double u) {
  const double wanted = low * (1 - u) + high * u;
  if (std::abs(wanted) <= static_cast<double>(std::numeric_limits<float>::max())) {
    const double rounded = static_cast<double>(static_cast<float>(wanted));
    if (low <= rounded && rounded < high) return rounded;
  }
  return low <= wanted && wanted < high ? wanted : low;
}

class IsolationTreeGrower {
 public:
  IsolationTreeGrower(const IsolationRows& rows, std::vector<std::uint32_t> sample, const Random& random)
      : rows_(rows), sample_(std::move(sample)), random_(random), features_(rows.features.size()) {
    std::iota(features_.begin(), features_.end(), 0U);
  }

  Tree grow(std::size_t n_features, std::size_t max_depth) {
    for (std::size_t i = 0; i < n_features; ++i) std::swap(features_[i], features_[i + below(features_.size() - i)]);
    std::vector<Range> pending = {{.end = sample_.size(), .n_varying = n_features}};
    while (!pending.empty()) {
      Range range = pending.back();
      pending.pop_back();
      std::optional<TreeNode> node;
      if (range.depth < max_depth && range.size() > 1) node = draw_question(range);
      if (node) {
        const std::size_t middle = add_node(*node, range);
        const auto parent = static_cast<std::int32_t>(tree_.nodes.size() - 1);
        pending.push_back({middle, range.end, range.depth + 1, range.n_varying, parent, false});
        pending.push_back({range.begin, middle, range.depth + 1, range.n_varying, parent, true});
      } else {
        add_leaf(range);
      }
    }
    return std::move(tree_);
  }

 private:
  /// A node to be looked at, where its rows are in the sample, and where it hangs.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t depth = 0;
    std::size_t n_varying = 0;  ///< the first of features_; no node above found them constant
    std::int32_t parent = -1;
    bool is_left = false;
    std::size_t size() const { return end - begin; }
  };

  std::size_t below(std::size_t n) { return random_.below(n_draws_++, n); }

  std::span<std::uint32_t> sample(const Range& range) { return std::span(sample_).subspan(range.begin, range.size()); }

  /// nullopt where all features are constant. Constant ones leave the first n_varying, for the nodes below, too.
  std::optional<TreeNode> draw_question(Range& range) {
    while (range.n_varying > 0) {
      const std::size_t place = below(range.n_varying);
      const std::uint32_t feature = features_[place];
      TreeNode node{.feature = static_cast<std::int32_t>(feature), .weight = static_cast<double>(range.size())};
      const bool is_category = rows_.features[feature].type == FeatureType::category;
      if (is_category ? draw_categories(range, node) : draw_threshold(range, node)) return node;
      std::swap(features_[place], features_[--range.n_varying]);
    }
    return std::nullopt;
  }

  /// Missing values go to either side, or away from all others where these are equal.
  bool draw_threshold(const Range& range, TreeNode& node) {
    double low = largest;
    double high = -largest;
    bool any_missing = false;
    bool any_number = false;
    for (const std::uint32_t row : sample(range)) {
      const double x = rows_.values(row, static_cast<std::size_t>(node.feature));
      any_missing |= std::isnan(x);
      any_number |= !std::isnan(x);
      if (x < low) low = x;
      if (x > high) high = x;
    }
    if (!any_number || (!(low < high) && (!any_missing || high == largest))) return false;
    if (low < high) {
      node.threshold = between(low, high, random_.uniform(n_draws_++));
      node.missing_left = any_missing && below(2) == 0;
    } else {
      node.threshold = high;
    }
    node.threshold = std::max(node.threshold, std::nextafter(-largest, 0.0));  // a model has none below
    return true;
  }

  /// Some of the categories that the node has go left, and so may missing values, which are a category here.
  bool draw_categories(const Range& range, TreeNode& node) {
    const auto feature = static_cast<std::size_t>(node.feature);
    std::vector<std::uint32_t>& groups = groups_;
    groups.clear();
    for (const std::uint32_t row : sample(range)) groups.push_back(group_of(feature, rows_.values(row, feature)));
    std::ranges::sort(groups);
    const auto repeated = std::ranges::unique(groups);
    groups.erase(repeated.begin(), repeated.end());
    if (groups.size() < 2) return false;
    const std::size_t n_left = 1 + below(groups.size() - 1);
    for (std::size_t i = 0; i < n_left; ++i) std::swap(groups[i], groups[i + below(groups.size() - i)]);
    groups.resize(n_left);
    std::ranges::sort(groups);
    node.missing_left = groups.front() == 0;
    std::span<std::uint32_t> codes = std::span(groups).subspan(node.missing_left ? 1 : 0);
    for (std::uint32_t& group : codes) --group;
    node.category_set = static_cast<std::int32_t>(tree_.category_bits.size());
    node.category_list = append_category_set(codes, n_categories(feature), tree_.category_bits);
    return true;
  }

  std::size_t n_categories(std::size_t feature) const { return rows_.features[feature].categories.size(); }

  /// 0: missing; else the code of the category and 1.
  std::uint32_t group_of(std::size_t feature, double code) const {
    const bool is_known = code < static_cast<double>(n_categories(feature));
    return is_known ? static_cast<std::uint32_t>(code) + 1 : 0;
  }

  bool goes_left(const TreeNode& node, std::uint32_t row) const {
    const auto feature = static_cast<std::size_t>(node.feature);
    const double x = rows_.values(row, feature);
    if (node.category_set < 0) return std::isnan(x) ? node.missing_left : x <= node.threshold;
    const std::uint32_t group = group_of(feature, x);
    if (group == 0) return node.missing_left;
    return category_goes_left(node, tree_, group - 1);
  }

  bool is_missing(const TreeNode& node, std::uint32_t row) const {
    const auto feature = static_cast<std::size_t>(node.feature);
    const double x = rows_.values(row, feature);
    return node.category_set < 0 ? std::isnan(x) : group_of(feature, x) == 0;
  }

  /// Divides the rows and returns where the right ones begin. Missing values go with the most rows where there were
  /// none to decide.
  std::size_t add_node(TreeNode node, const Range& range) {
    const auto rows = sample(range);
    const bool any_missing = std::ranges::any_of(rows, [&](std::uint32_t row) { return is_missing(node, row); });
    const auto right = std::ranges::partition(rows, [&](std::uint32_t row) { return goes_left(node, row); });
    if (!any_missing) node.missing_left = 2 * right.size() < rows.size();
    link(range, static_cast<std::int32_t>(tree_.nodes.size()));
    tree_.nodes.push_back(node);
    return range.end - right.size();
  }

  void add_leaf(const Range& range) {
    link(range, ~static_cast<std::int32_t>(tree_.leaf_values.size()));
    tree_.leaf_values.push_back(static_cast<double>(range.depth) + average_path_length(range.size()));
    tree_.leaf_weights.push_back(static_cast<double>(range.size()));
  }

  void link(const Range& range, std::int32_t child) {
    if (range.parent < 0) return;
    TreeNode& parent = tree_.nodes[static_cast<std::size_t>(range.parent)];
    (range.is_left ? parent.left : parent.right) = child;
  }

  const IsolationRows& rows_;
  std::vector<std::uint32_t> sample_;
  const Random& random_;
  std::uint64_t n_draws_ = 0;
  std::vector<std::uint32_t> features_;
  std::vector<std::uint32_t> groups_;
  Tree tree_;
};

}  // namespace

double average_path_length(std::size_t n) {
  if (n <= 2) return n == 2 ? 1 : 0;
  const auto m = static_cast<double>(n);
  return 2 * (std::log(m - 1) + std::numbers::egamma) - 2 * (m - 1) / m;
}

Tree grow_isolation_tree(const IsolationRows& rows, std::vector<std::uint32_t> sample, std::size_t n_features,
                         std::size_t max_depth, const Random& random) {
  return IsolationTreeGrower(rows, std::move(sample), random).grow(n_features, max_depth);
}

}  // namespace thrum::forest
