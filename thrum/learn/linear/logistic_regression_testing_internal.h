#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/dataset.h"
#include "thrum/data/table.h"

namespace thrum::testing_data {

/// Rows from the counter, as tests/reference/logistic_regression_reference.py draws them: numbers "x0", "x1", … of
/// growing scale (the first with missing values), a category column "c" with missing values, sample weights "weight",
/// and classes "k0", "k1", … in "label".
struct Generated {
  std::uint64_t seed = 1;
  std::size_t n_rows = 400;
  std::size_t n_columns = 5;
  std::size_t n_classes = 2;

  double number(std::size_t i, std::size_t j) const {
    return (2 * Random(seed, 0).uniform(i * n_columns + j) - 1) * static_cast<double>(j + 1);
  }
  std::size_t label(std::size_t i) const {
    double score = 0;
    for (std::size_t j = 0; j < n_columns; ++j) {
      score += number(i, j) / static_cast<double>(j + 1) * (j % 2 == 0 ? 1 : -1);
    }
    const double place = 0.5 + 0.2 * score + 0.9 * (Random(seed, 1).uniform(i) - 0.5);
    const double k = std::floor(place * static_cast<double>(n_classes));
    return k < 0 ? 0 : std::min(n_classes - 1, static_cast<std::size_t>(k));
  }

  std::shared_ptr<const Table> table() const {
    std::vector<Column> columns;
    for (std::size_t j = 0; j < n_columns; ++j) {
      std::vector<double> values;
      for (std::size_t i = 0; i < n_rows; ++i) {
        const bool missing = j == 0 && Random(seed, 4).below(i, 8) == 0;
        values.push_back(missing ? std::numeric_limits<double>::quiet_NaN() : number(i, j));
      }
      columns.push_back(Column::float64("x" + std::to_string(j), std::move(values)));
    }
    std::vector<std::int32_t> categories;
    std::vector<std::int32_t> labels;
    std::vector<double> weights;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n_rows; ++i) {
      const auto category = static_cast<std::int32_t>(Random(seed, 3).below(i, 4));
      categories.push_back(category == 3 ? -1 : category);
      labels.push_back(static_cast<std::int32_t>(label(i)));
      weights.push_back(0.5 + Random(seed, 2).uniform(i));
    }
    for (std::size_t k = 0; k < n_classes; ++k) names.push_back("k" + std::to_string(k));
    columns.push_back(Column::category("c", std::move(categories), {"a", "b", "c"}));
    columns.push_back(Column::category("label", std::move(labels), std::move(names)));
    columns.push_back(Column::float64("weight", std::move(weights)));
    return std::make_shared<const Table>(std::move(columns), "generated");
  }

  /// The same with the number value(i) of row i as "value" instead of its class.
  std::shared_ptr<const Table> table_of_values(const std::function<double(std::size_t)>& value) const {
    std::vector<Column> columns;
    const auto all = table();
    for (const Column& column : all->columns()) {
      if (column.name() != "label") columns.push_back(column);
    }
    std::vector<double> values;
    for (std::size_t i = 0; i < n_rows; ++i) values.push_back(value(i));
    columns.push_back(Column::float64("value", std::move(values)));
    return std::make_shared<const Table>(std::move(columns), "generated");
  }

  Dataset dataset() const { return Dataset(table(), {.target = "label", .weight = "weight"}); }
};

/// The rows of `table` at `rows`, in that order.
inline std::shared_ptr<const Table> take(const Table& table, const std::vector<std::size_t>& rows) {
  std::vector<Column> columns;
  for (const Column& column : table.columns()) {
    if (column.type() == ColumnType::category) {
      std::vector<std::int32_t> codes;
      for (const std::size_t i : rows) codes.push_back(column.codes()[i]);
      columns.push_back(
          Column::category(column.name(), codes, {column.categories().begin(), column.categories().end()}));
    } else {
      std::vector<double> values;
      for (const std::size_t i : rows) values.push_back(column.float64()[i]);
      columns.push_back(Column::float64(column.name(), values));
    }
  }
  return std::make_shared<const Table>(std::move(columns), "taken");
}

}  // namespace thrum::testing_data
