#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/dataset.h"
#include "thrum/data/table.h"

namespace thrum::testing_data {

/// Rows from the counter, as tests/reference/decision_tree_reference.py draws them: numbers "x0" to "x3", sample
/// weights "weight", and a number "y" or classes "k0", "k1", … in "y".
struct TreeRows {
  std::uint64_t seed = 1;
  std::size_t n_rows = 240;
  std::size_t n_classes = 2;  ///< 0: a regression
  bool weighted = false;
  bool missing = false;          ///< in x0 and x1
  std::size_t n_categories = 0;  ///< of a column "c" of categories that x0 decides; 0: none

  static constexpr std::size_t n_features = 4;

  double x(std::size_t i, std::size_t j) const { return 2 * Random(seed, 0).uniform(i * n_features + j) - 1; }
  double y(std::size_t i) const { return x(i, 0) * x(i, 1) + x(i, 2) * 0.5 + 0.4 * Random(seed, 1).uniform(i) + 2; }
  std::int32_t label(std::size_t i) const {
    const auto last = static_cast<double>(n_classes - 1);
    return static_cast<std::int32_t>(
        std::clamp(std::floor((y(i) - 1) / 2.4 * static_cast<double>(n_classes)), 0.0, last));
  }
  bool is_missing(std::size_t i, std::size_t j) const {
    return missing && j < 2 && Random(seed, 4).below(i * n_features + j, 6) == 0;
  }

  Column feature(std::size_t j) const {
    std::vector<double> values(n_rows);
    for (std::size_t i = 0; i < n_rows; ++i) {
      values[i] = is_missing(i, j) ? std::numeric_limits<double>::quiet_NaN() : x(i, j);
    }
    return Column::float64("x" + std::to_string(j), std::move(values));
  }

  Column target() const {
    std::vector<double> numbers;
    std::vector<std::int32_t> labels;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n_rows && n_classes == 0; ++i) numbers.push_back(y(i));
    for (std::size_t i = 0; i < n_rows && n_classes > 0; ++i) labels.push_back(label(i));
    for (std::size_t k = 0; k < n_classes; ++k) names.push_back("k" + std::to_string(k));
    return n_classes == 0 ? Column::float64("y", std::move(numbers))
                          : Column::category("y", std::move(labels), std::move(names));
  }

  Column categories() const {
    std::vector<std::int32_t> codes;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n_rows; ++i) {
      const auto code = static_cast<std::size_t>((x(i, 0) + 1) / 2 * static_cast<double>(n_categories));
      codes.push_back(is_missing(i, 1) ? -1 : static_cast<std::int32_t>(code * 7 % n_categories));
    }
    for (std::size_t k = 0; k < n_categories; ++k) names.push_back(std::to_string(100'000 + k));
    return Column::category("c", std::move(codes), std::move(names));
  }

  std::shared_ptr<const Table> table() const {
    std::vector<Column> columns;
    for (std::size_t j = 0; j < n_features; ++j) columns.push_back(feature(j));
    if (n_categories > 0) columns.push_back(categories());
    std::vector<double> weights;
    for (std::size_t i = 0; i < n_rows; ++i) weights.push_back(0.5 + Random(seed, 2).uniform(i));
    if (weighted) columns.push_back(Column::float64("weight", std::move(weights)));
    columns.push_back(target());
    return std::make_shared<const Table>(std::move(columns), "generated");
  }

  Dataset dataset() const {
    return Dataset(table(), {.target = "y",
                             .task = n_classes == 0 ? Task::regression : Task::classification,
                             .weight = weighted ? "weight" : ""});
  }
};

}  // namespace thrum::testing_data
