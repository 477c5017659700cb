#include "thrum/learn/tree/forest/forest_plan_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"

namespace thrum::forest {
namespace {

/// What no rounding of a split's decrease reaches.
constexpr double rounding = std::numeric_limits<double>::epsilon();

[[noreturn]] void refuse(std::string_view where, const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, message), hint);
}

bool is_of_classes(std::string_view criterion) {
  return criterion == "gini" || criterion == "entropy" || criterion == "log_loss";
}

void check_criterion(std::string_view criterion, const Schema& schema, const ForestRows& rows, std::string_view where) {
  if (criterion == "auto") return;
  const bool classes = schema.target.task == Task::classification;
  if (is_of_classes(criterion) != classes) {
    refuse(where,
           fmt::format("criterion {} is for {}, {} is {}", criterion, classes ? "numbers" : "classes",
                       in_quotes(schema.target.name), classes ? "a class" : "a number"),
           classes ? "use gini, entropy or log_loss" : "use squared_error, absolute_error or poisson");
  }
  if (criterion != "poisson") return;
  double total = 0;
  for (const std::uint32_t row : rows.rows) {
    total += rows.y[row];
    if (rows.y[row] >= 0) continue;
    refuse(where, fmt::format("criterion poisson expects targets of 0 or more, got {} in row {}", rows.y[row], row + 1),
           "use squared_error");
  }
  if (total == 0) refuse(where, "criterion poisson expects a target above 0, all are 0", "use squared_error");
}

}  // namespace

Impurity impurity_of(std::string_view criterion, Task task) {
  if (criterion == "auto") return task == Task::classification ? Impurity::gini : Impurity::squared_error;
  if (criterion == "gini") return Impurity::gini;
  if (is_of_classes(criterion)) return Impurity::entropy;
  if (criterion == "absolute_error") return Impurity::absolute_error;
  return criterion == "poisson" ? Impurity::poisson : Impurity::squared_error;
}

Task task_of(std::string_view criterion, const Column& target) {
  if (criterion == "auto") return natural_task(target);
  return is_of_classes(criterion) ? Task::classification : Task::regression;
}

std::size_t feature_count(std::string_view text, std::size_t n_features, Task task) {
  const auto all = static_cast<double>(n_features);
  const auto at_least_one = [&](double n) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(n), 1, n_features);
  };
  if (text == "auto") text = task == Task::classification ? "sqrt" : "0.5";
  if (text == "all") return n_features;
  if (text == "sqrt") return at_least_one(std::sqrt(all));
  if (text == "log2") return at_least_one(std::log2(all));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && number > 0 && number < 1) return at_least_one(all * number);
  if (whole && number >= 1 && number == std::floor(number)) return at_least_one(std::min(number, all));
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[max_features] expected auto, all, sqrt, log2, a number of features or a fraction in "
                          "(0, 1), got \"{}\"",
                          text));
}

Growth plan_growth(const TreeOptions& options, const Schema& schema, const ForestRows& rows, std::string_view where) {
  check_criterion(options.criterion, schema, rows, where);
  Growth growth;
  growth.impurity = impurity_of(options.criterion, schema.target.task);
  growth.max_depth = options.max_depth < 0 ? std::numeric_limits<std::size_t>::max() : options.max_depth;
  growth.min_samples_split = static_cast<std::size_t>(options.min_samples_split);
  growth.min_samples_leaf = static_cast<std::size_t>(options.min_samples_leaf);
  growth.min_weight_leaf = options.min_weight_fraction_leaf * rows.total_weight;
  growth.min_decrease = (options.min_impurity_decrease - rounding) * rows.total_weight * rows.weight_unit;
  growth.max_features = feature_count(options.max_features, schema.features.size(), schema.target.task);
  growth.max_leaf_nodes = static_cast<std::size_t>(options.max_leaf_nodes);
  growth.values_everywhere = options.ccp_alpha > 0 || options.max_leaf_nodes > 0;
  return growth;
}

}  // namespace thrum::forest
