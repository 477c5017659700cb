#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/core/printable.h"
#include "thrum/model/foreign/foreign_text_internal.h"
#include "thrum/model/foreign/json_reading_internal.h"
#include "thrum/model/foreign/xgboost_internal.h"
#include "thrum/model/foreign/xgboost_tree_internal.h"

namespace thrum {
namespace {

constexpr std::size_t most_margins = 1000;

struct Objective {
  Link link = Link::identity;
  Task task = Task::regression;
};

Objective read_objective(const Json& learner, const ForeignSource& source) {
  const std::string name = text_in(json_member(learner, "objective", source.name()), "name", source);
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::count(names, name) > 0;
  };
  if (is_one_of({"reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror",
                 "reg:quantileerror", "rank:pairwise", "rank:ndcg", "rank:map"})) {
    return {};
  }
  if (is_one_of({"count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"}))
    return {.link = Link::exp};
  if (name == "reg:logistic") return {.link = Link::logistic};
  if (name == "binary:logistic") return {.link = Link::logistic, .task = Task::classification};
  if (is_one_of({"multi:softprob", "multi:softmax"})) return {.link = Link::softmax, .task = Task::classification};
  source.refuse(fmt::format("has the objective {}", in_quotes(name)), "train it with another objective");
}

/// As XGBoost computes it, in single precision: the base score is an output, not a margin, but for softmax.
double base_margin(float score, Link link) {
  if (link == Link::exp) return std::log(score);
  if (link == Link::logistic) return -std::log(1.0F / score - 1.0F);
  return score;
}

/// "5E-1", or "[1.2E-1,3E0]" since version 3.1.
std::vector<double> read_base(const Json& parameters, std::size_t n_margins, Link link, const ForeignSource& source) {
  const std::string text = text_in(parameters, "base_score", source);
  std::string_view rest = text;
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  std::vector<double> base;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(','));
    float score = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), score);
    const double margin = base_margin(score, link);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(margin)) {
      source.fail(fmt::format("the base score is {}", in_quotes(text)));
    }
    base.push_back(margin);
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  if (base.size() == 1) base.resize(n_margins, base[0]);
  if (base.size() != n_margins) source.fail(fmt::format("the base score is {}", in_quotes(text)));
  return base;
}

std::vector<std::string> feature_names(const Json& learner, std::size_t n, const ForeignSource& source) {
  std::vector<std::string> names;
  if (learner.contains("feature_names")) {
    for (const Json& name : learner["feature_names"]) {
      if (!name.is_string()) source.fail("\"feature_names\" holds something other than strings");
      names.push_back(name.get<std::string>());
    }
  }
  if (names.empty()) {
    for (std::size_t j = 0; j < n; ++j) names.push_back(fmt::format("f{}", j));
  }
  if (names.size() != n || n == 0) source.fail("\"feature_names\" are not as many as the features");
  return names;
}

/// The names of one feature's categories, in the order of their codes: numbers, or texts one behind another.
CategoryNames stored_names(const Json& stored, const ForeignSource& source) {
  CategoryNames names;
  if (!stored.contains("offsets")) {
    const Json& values = json_member(stored, "values", source.name());
    for (std::size_t code = 0; code < values.size() && values.is_array(); ++code) {
      names[static_cast<std::int64_t>(code)] = category_text(values[code]);
    }
    return names;
  }
  const auto offsets = numbers_in<std::int64_t>(stored, "offsets", source);
  const auto bytes = numbers_in<std::int64_t>(stored, "values", source);
  for (std::size_t code = 0; code + 1 < offsets.size(); ++code) {
    if (offsets[code] < 0 || offsets[code] > offsets[code + 1] ||
        offsets[code + 1] > static_cast<std::int64_t>(bytes.size())) {
      source.fail("the names of categories are not where they should be");
    }
    std::string& name = names[static_cast<std::int64_t>(code)];
    for (std::int64_t k = offsets[code]; k < offsets[code + 1]; ++k) {
      name.push_back(static_cast<char>(bytes[static_cast<std::size_t>(k)]));
    }
  }
  return names;
}

/// Names for the categories of every feature: those that the model holds, else the numbers up to the largest one that
/// a tree asks for.
std::vector<CategoryNames> read_categories(const Json& booster, std::size_t n_features,
                                           const std::vector<XgboostTree>& trees, const ForeignSource& source) {
  std::vector<CategoryNames> categories(n_features);
  if (booster.contains("cats") && booster["cats"].contains("enc")) {
    const Json& stored = booster["cats"]["enc"];
    if (!stored.empty() && stored.size() != n_features)
      source.fail("the names of categories are not as many as features");
    for (std::size_t j = 0; j < stored.size(); ++j) categories[j] = stored_names(stored[j], source);
  }
  std::vector<std::int64_t> largest(n_features, -1);
  for (const XgboostTree& tree : trees) {
    for (std::size_t i = 0; i < tree.categories.size(); ++i) {
      const auto j = static_cast<std::size_t>(tree.feature[i]);
      if (!tree.is_categorical[i] || j >= n_features) continue;
      largest[j] = std::max<std::int64_t>(largest[j], 0);
      for (const std::int64_t code : tree.categories[i]) largest[j] = std::max(largest[j], code);
    }
  }
  constexpr std::int64_t most_categories = 1'000'000;
  for (std::size_t j = 0; j < n_features; ++j) {
    if (!categories[j].empty()) continue;
    if (largest[j] >= most_categories) source.refuse("has more than a million categories in a feature", "");
    for (std::int64_t code = 0; code <= largest[j]; ++code) categories[j][code] = std::to_string(code);
  }
  return categories;
}

/// Tree t of ours counts for margin t % n_margins: the trees of each class, in turn; where one has fewer, leaves of 0.
std::vector<Tree> in_turns(std::vector<Tree> trees, const std::vector<std::int64_t>& class_of, std::size_t n_margins,
                           const ForeignSource& source) {
  std::vector<std::vector<Tree>> of_class(n_margins);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    if (class_of[t] < 0 || static_cast<std::size_t>(class_of[t]) >= n_margins)
      source.fail("\"tree_info\" names a class too many");
    of_class[static_cast<std::size_t>(class_of[t])].push_back(std::move(trees[t]));
  }
  std::size_t most = 0;
  for (const auto& list : of_class) most = std::max(most, list.size());
  Tree nothing;
  nothing.leaf_values = {0.0};
  nothing.leaf_weights = {0.0};
  std::vector<Tree> turns;
  for (std::size_t k = 0; k < most * n_margins; ++k) {
    auto& list = of_class[k % n_margins];
    const bool is_there = k / n_margins < list.size();
    turns.push_back(is_there ? std::move(list[k / n_margins]) : nothing);
  }
  return turns;
}

/// What each tree's leaves are multiplied with.
std::vector<double> tree_weights(const Json& gradient_booster, std::size_t n_trees, const ForeignSource& source) {
  if (text_in(gradient_booster, "name", source) != "dart") return std::vector<double>(n_trees, 1.0);
  auto weights = numbers_in<double>(gradient_booster, "weight_drop", source);
  if (weights.size() != n_trees) source.fail("\"weight_drop\" has not one weight for each tree");
  for (double& weight : weights) weight = static_cast<double>(static_cast<float>(weight));
  return weights;
}

const Json& booster_model(const Json& gradient_booster, const ForeignSource& source) {
  const std::string name = text_in(gradient_booster, "name", source);
  if (name == "gblinear") source.refuse("is linear (booster gblinear)", "");
  const bool is_dart = name == "dart";
  return json_member(is_dart ? json_member(gradient_booster, "gbtree", source.name()) : gradient_booster, "model",
                     source.name());
}

std::vector<XgboostTree> parse_trees(const Json& model, const ForeignSource& source) {
  std::vector<XgboostTree> trees;
  for (const Json& tree : json_member(model, "trees", source.name())) {
    const Json& parameters = json_member(tree, "tree_param", source.name());
    if (parameter_in<std::size_t>(parameters, "size_leaf_vector", source) > 1) {
      source.refuse("has several targets in a tree (multi_strategy)", "train one tree per target");
    }
    trees.push_back(parse_xgboost_tree(tree, source));
  }
  return trees;
}

std::string library_name(const Json& model, const ForeignSource& source) {
  const auto version = numbers_in<int>(model, "version", source);
  return fmt::format("XGBoost {}", fmt::join(version, "."));
}

}  // namespace

ForeignParts read_xgboost(const Json& file, const ForeignSource& source) {
  const Json& learner = json_member(file, "learner", source.name());
  const Json& parameters = json_member(learner, "learner_model_param", source.name());
  const Json& gradient_booster = json_member(learner, "gradient_booster", source.name());
  const Json& model = booster_model(gradient_booster, source);
  const Objective objective = read_objective(learner, source);
  if (parameters.contains("num_target") && parameter_in<std::size_t>(parameters, "num_target", source) > 1) {
    source.refuse("has several targets", "train one model per target");
  }
  const std::size_t n_margins = std::max<std::size_t>(parameter_in<std::size_t>(parameters, "num_class", source), 1);
  if (n_margins > most_margins) source.fail("\"num_class\" is larger than 1000");
  const std::vector<XgboostTree> parsed = parse_trees(model, source);
  const auto class_of = numbers_in<std::int64_t>(model, "tree_info", source);
  if (class_of.size() != parsed.size()) source.fail("\"tree_info\" has not one class for each tree");
  const std::vector<double> weights = tree_weights(gradient_booster, parsed.size(), source);
  const auto names = feature_names(learner, parameter_in<std::size_t>(parameters, "num_feature", source), source);
  const ForeignFeatures features(names, read_categories(model, names.size(), parsed, source), source);
  std::vector<Tree> trees;
  for (std::size_t t = 0; t < parsed.size(); ++t) {
    trees.push_back(convert_xgboost_tree(parsed[t], weights[t], features, source));
  }
  ForeignParts parts{.library = library_name(file, source),
                     .algorithm = "gbdt",
                     .features = features.features(),
                     .task = objective.task,
                     .n_classes = std::max<std::size_t>(n_margins, 2),
                     .ensemble = {},
                     .iterations = 0};
  parts.ensemble.trees = in_turns(std::move(trees), class_of, n_margins, source);
  parts.ensemble.base = read_base(parameters, n_margins, objective.link, source);
  parts.ensemble.link = objective.link;
  parts.ensemble.float_inputs = true;
  parts.iterations = parts.ensemble.trees.size() / n_margins;
  return parts;
}

}  // namespace thrum
