#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"

namespace thrum::forest {
namespace {

constexpr double largest_target = 1e150;  ///< its square is a number, too

std::vector<double> of_all_ranks(std::span<const double> own, Communicator& communicator) {
  std::vector<double> whole;
  whole.reserve(own.size());
  for (const auto& part : communicator.allgatherv<double>(own)) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

/// Makes `values` whole numbers of the power of two that is returned, so that `n_summands` of them add up exactly.
double round_to_unit(std::vector<double>& values, std::size_t n_summands) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  if (largest == 0) return 1;
  int exponent = 0;
  std::frexp(largest, &exponent);
  const int summand_bits = static_cast<int>(std::ceil(std::log2(static_cast<double>(n_summands) + 1)));
  const int unit = std::max(exponent + summand_bits - 52, -1000);
  for (double& value : values) value = std::nearbyint(std::ldexp(value, -unit));
  return std::ldexp(1.0, unit);
}

/// A y that is near the weighted mean: differences of whole numbers stay whole.
double center_of(const ForestRows& rows, std::span<const double> weights) {
  double mean = 0;
  double total = 0;
  for (const std::uint32_t row : rows.rows) {
    total += weights[row];
    mean += (rows.y[row] - mean) * (weights[row] / total);
  }
  double nearest = rows.y[rows.rows.front()];
  for (const std::uint32_t row : rows.rows) {
    if (std::abs(rows.y[row] - mean) < std::abs(nearest - mean)) nearest = rows.y[row];
  }
  return nearest;
}

void weigh_classes(ForestRows& rows, std::vector<double>& weights, const Target& target, std::string_view text,
                   std::string_view where) {
  if (text == "none") return;
  std::vector<double> totals(rows.n_classes, 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) totals[static_cast<std::size_t>(rows.y[i])] += weights[i];
  const std::vector<double> by_class = class_weights(target, text, totals, where);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= by_class[static_cast<std::size_t>(rows.y[i])];
}

void check_targets(const ForestRows& rows, const Target& target, std::string_view where) {
  for (const std::uint32_t row : rows.rows) {
    if (std::abs(rows.y[row]) <= largest_target) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected targets from -1e150 to 1e150, {} is {} in row {}", where,
                            in_quotes(target.name), rows.y[row], row + 1),
                "divide them all by the same number");
  }
}

}  // namespace

std::vector<double> weights_of_all_ranks(const Dataset& dataset, const FitSpec& spec, const Execution& execution) {
  std::vector<double> weights(dataset.n_rows());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = dataset.weight(i, spec.row_mask, spec.weights);
  return of_all_ranks(weights, *execution.communicator);
}

ForestRows gather_rows(const Dataset& dataset, const FitSpec& spec, std::string_view class_weight, bool centered,
                       const Execution& execution, std::string_view where) {
  const Target& target = dataset.schema().target;
  ForestRows rows{.n_classes = target.classes.size()};
  rows.y = of_all_ranks(dataset.y(), *execution.communicator);
  std::vector<double> weights = weights_of_all_ranks(dataset, spec, execution);
  if (rows.n_classes > 0) weigh_classes(rows, weights, target, class_weight, where);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0) rows.rows.push_back(static_cast<std::uint32_t>(i));
  }
  if (rows.rows.empty()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] no training row has a weight above 0", where),
                "train on rows with weights above 0");
  }
  check_targets(rows, target, where);
  const double center = centered && rows.n_classes == 0 ? center_of(rows, weights) : 0;
  rows.moments.resize(rows.y.size());
  for (const std::uint32_t row : rows.rows) rows.moments[row] = weights[row] * (rows.y[row] - center);
  rows.moment_unit = round_to_unit(rows.moments, rows.y.size());
  const auto is_one = [&](std::uint32_t row) { return weights[row] == 1; };
  rows.total_weight = static_cast<double>(rows.rows.size());
  if (std::ranges::all_of(rows.rows, is_one)) return rows;
  rows.weight_unit = round_to_unit(weights, rows.y.size());
  rows.total_weight = std::accumulate(weights.begin(), weights.end(), 0.0);
  rows.weights = std::move(weights);
  return rows;
}

}  // namespace thrum::forest
