#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/foreign/foreign_text_internal.h"
#include "thrum/model/foreign/lightgbm_internal.h"
#include "thrum/model/foreign/lightgbm_text_internal.h"

namespace thrum {
namespace {

/// What stands for infinity, where a split is between missing values and all others.
const double largest_threshold = std::nextafter(std::numeric_limits<double>::max(), 0.0);

/// The bits of decision_type.
class Decision {
 public:
  enum class Missing { none, zero, nan };

  explicit Decision(int bits) : bits_(bits) {}

  bool is_categorical() const { return (bits_ & 1) != 0; }
  bool default_left() const { return (bits_ & 2) != 0; }
  Missing missing() const { return static_cast<Missing>(bits_ >> 2 & 3); }
  bool is_known() const { return bits_ >= 0 && bits_ < 12; }

 private:
  int bits_;
};

/// What "objective=binary sigmoid:1" says.
struct Objective {
  Link link = Link::identity;
  Task task = Task::regression;
  double sigmoid = 1;
};

/// The value of "sigmoid:0.7" among the words after the objective's name.
double sigmoid_of(const std::vector<std::string_view>& words, const ForeignSource& source) {
  constexpr std::string_view key = "sigmoid:";
  for (const std::string_view word : words) {
    if (!word.starts_with(key)) continue;
    double value = 0;
    const auto [end, error] = std::from_chars(word.data() + key.size(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || !(value > 0) || !std::isfinite(value)) {
      source.fail(fmt::format("the objective has the {}", in_quotes(word)));
    }
    return value;
  }
  return 1;
}

Objective read_objective(const LightgbmSection& header, const ForeignSource& source) {
  const auto words = header.words("objective");
  const std::string_view name = words.empty() ? "custom" : words[0];
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::count(names, name) > 0;
  };
  if (std::ranges::count(words, "sqrt") > 0) {
    source.refuse("predicts the square root of its target (reg_sqrt)", "train on the root and square the predictions");
  }
  if (is_one_of({"regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg",
                 "custom"})) {
    return {};
  }
  if (is_one_of({"poisson", "gamma", "tweedie"})) return {.link = Link::exp};
  if (name == "cross_entropy") return {.link = Link::logistic};
  if (name == "multiclass") return {.link = Link::softmax, .task = Task::classification};
  if (is_one_of({"binary", "multiclassova"})) {
    return {.link = Link::logistic, .task = Task::classification, .sigmoid = sigmoid_of(words, source)};
  }
  source.refuse(fmt::format("has the objective {}", in_quotes(name)), "train it with another objective");
}

/// "-1:25:2" names the codes of a category; "[-1.5:2]" is the range of a number, and "none" of a constant.
CategoryNames codes_of(std::string_view info, const LightgbmSection& header) {
  CategoryNames names;
  if (info.starts_with('[') || info == "none") return names;
  while (!info.empty()) {
    const std::string_view word = info.substr(0, info.find(':'));
    std::int64_t code = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), code);
    if (error != std::errc() || end != word.data() + word.size()) header.fail_of("feature_infos");
    if (code >= 0) names[code] = std::to_string(code);
    info.remove_prefix(std::min(word.size() + 1, info.size()));
  }
  return names;
}

/// Names for the codes of the category features, one list of JSON each, in their order.
void name_by_pandas(std::vector<CategoryNames>& categories, std::string_view json, const ForeignSource& source) {
  if (json.empty() || json == "null" || json == "[]") return;
  const Json lists = parse_json(json, source.name());
  const auto n_categories =
      std::ranges::count_if(categories, [](const CategoryNames& names) { return !names.empty(); });
  const bool fits = lists.is_array() && lists.size() == static_cast<std::size_t>(n_categories) &&
                    std::ranges::all_of(lists, [](const Json& list) { return list.is_array() && !list.empty(); });
  if (!fits) source.fail("\"pandas_categorical\" does not have one list for each category feature");
  auto list = lists.begin();
  for (CategoryNames& names : categories) {
    if (names.empty()) continue;
    names.clear();
    for (std::size_t code = 0; code < list->size(); ++code) {
      names[static_cast<std::int64_t>(code)] = category_text((*list)[code]);
    }
    ++list;
  }
}

ForeignFeatures read_features(const LightgbmText& text, const ForeignSource& source) {
  const auto words = text.header.words("feature_names");
  const auto infos = text.header.words("feature_infos");
  if (words.empty()) text.header.fail_of("feature_names");
  if (infos.size() != words.size()) text.header.fail_of("feature_infos");
  std::vector<CategoryNames> categories;
  for (const std::string_view info : infos) categories.push_back(codes_of(info, text.header));
  name_by_pandas(categories, text.pandas_categories, source);
  return {{words.begin(), words.end()}, categories, source};
}

/// Set number `index` of a tree, from its bits.
class CategorySets {
 public:
  CategorySets(const LightgbmSection& section, std::size_t n_sets) : section_(section) {
    if (n_sets == 0) return;
    boundaries_ = section.numbers<std::size_t>("cat_boundaries", n_sets + 1);
    words_ = section.numbers<std::uint32_t>("cat_threshold", boundaries_.back());
    if (!std::ranges::is_sorted(boundaries_)) section.fail_of("cat_boundaries");
  }

  std::vector<std::int64_t> codes(double index) const {
    if (!(index >= 0 && index + 1 < static_cast<double>(boundaries_.size()))) section_.fail_of("threshold");
    const auto set = static_cast<std::size_t>(index);
    std::vector<std::int64_t> codes;
    for (std::size_t w = boundaries_[set]; w < boundaries_[set + 1]; ++w) {
      for (std::uint32_t rest = words_[w]; rest != 0; rest &= rest - 1) {
        codes.push_back(static_cast<std::int64_t>(32 * (w - boundaries_[set])) + std::countr_zero(rest));
      }
    }
    return codes;
  }

 private:
  const LightgbmSection& section_;
  std::vector<std::size_t> boundaries_;
  std::vector<std::uint32_t> words_;
};

/// How many rows came to nodes and leaves; zeros where an old version did not say.
std::vector<double> row_counts(const LightgbmSection& section, std::string_view key, std::size_t n) {
  return section.has(key) ? section.numbers<double>(key, n) : std::vector<double>(n);
}

void set_rule(TreeNode& node, Decision decision) {
  using Missing = Decision::Missing;
  node.zero_is_missing = decision.missing() == Missing::zero;
  // Without a rule for missing values they count as zeros.
  node.missing_left = decision.missing() == Missing::none ? 0 <= node.threshold : decision.default_left();
}

Tree read_tree(const LightgbmSection& section, const ForeignFeatures& features, const ForeignSource& source) {
  if (section.has("is_linear") && section.text("is_linear") != "0") {
    source.refuse("has linear leaves (linear_tree)", "train it without them");
  }
  const std::size_t n_leaves = section.count("num_leaves");
  if (n_leaves == 0) section.fail_of("num_leaves");
  const std::size_t n = n_leaves - 1;
  Tree tree;
  tree.leaf_values = section.numbers<double>("leaf_value", n_leaves);
  tree.leaf_weights = n == 0 ? std::vector<double>(1) : row_counts(section, "leaf_count", n_leaves);
  if (n == 0) return tree;
  const auto split_feature = section.numbers<std::size_t>("split_feature", n);
  const auto decisions = section.numbers<int>("decision_type", n);
  const auto thresholds = section.numbers<double>("threshold", n);
  const auto gains = section.numbers<double>("split_gain", n);
  const auto left = section.numbers<std::int32_t>("left_child", n);
  const auto right = section.numbers<std::int32_t>("right_child", n);
  const auto weights = row_counts(section, "internal_count", n);
  const CategorySets sets(section, section.has("num_cat") ? section.count("num_cat") : 0);
  for (std::size_t i = 0; i < n; ++i) {
    const Decision decision(decisions[i]);
    const std::size_t feature = split_feature[i];
    if (feature >= features.features().size()) section.fail_of("split_feature");
    if (!decision.is_known() || decision.is_categorical() != features.is_category(feature)) {
      section.fail_of("decision_type");
    }
    TreeNode node{.feature = static_cast<std::int32_t>(feature), .left = left[i], .right = right[i]};
    node.gain = static_cast<float>(gains[i]);
    node.weight = weights[i];
    if (decision.is_categorical()) {
      node.category_set = features.add_set(tree, feature, sets.codes(thresholds[i]), false);
    } else {
      node.threshold = std::min(thresholds[i], largest_threshold);
      set_rule(node, decision);
    }
    tree.nodes.push_back(node);
  }
  return tree;
}

}  // namespace

ForeignParts read_lightgbm(std::string_view text, const ForeignSource& source) {
  const LightgbmText parts = split_lightgbm(text, source);
  const Objective objective = read_objective(parts.header, source);
  const std::size_t n_margins = parts.header.count("num_tree_per_iteration");
  const std::size_t n_trees = parts.trees.size();
  if (n_margins == 0 || n_margins > 1000 || n_trees % n_margins != 0) parts.header.fail_of("num_tree_per_iteration");
  const ForeignFeatures features = read_features(parts, source);
  const bool is_average = parts.header.has("average_output");
  ForeignParts model{.library = "LightGBM " + std::string(parts.header.text("version")),
                     .algorithm = is_average ? "random-forest" : "gbdt",
                     .features = features.features(),
                     .task = objective.task,
                     .n_classes = std::max<std::size_t>(n_margins, 2),
                     .ensemble = {},
                     .iterations = n_trees / n_margins};
  for (const LightgbmSection& section : parts.trees) {
    model.ensemble.trees.push_back(read_tree(section, features, source));
  }
  model.ensemble.base.assign(n_margins, 0.0);
  model.ensemble.scale = objective.sigmoid;
  if (is_average && model.iterations > 0) model.ensemble.scale /= static_cast<double>(model.iterations);
  model.ensemble.link = objective.link;
  if (n_trees > 0 && !model.ensemble.trees[0].nodes.empty()) {
    model.n_rows = static_cast<std::size_t>(std::clamp(model.ensemble.trees[0].nodes[0].weight, 0.0, 0x1p53));
  }
  return model;
}

}  // namespace thrum
