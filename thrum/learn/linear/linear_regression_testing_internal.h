#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum::testing_data {

/// The features and weights of Generated with a number "value" as the target, as
/// tests/reference/linear_regression_reference.py draws it.
struct GeneratedNumbers {
  Generated rows = {};

  double value(std::size_t i) const {
    double sum = 10 + static_cast<double>(Random(rows.seed, 3).below(i, 4));
    for (std::size_t j = 0; j < rows.n_columns; ++j) {
      sum += rows.number(i, j) / static_cast<double>(j + 1) * (j % 2 == 0 ? 2 : -1);
    }
    return sum + 4 * (Random(rows.seed, 5).uniform(i) - 0.5);
  }

  std::shared_ptr<const Table> table() const {
    std::vector<Column> columns;
    const auto all = rows.table();
    for (const Column& column : all->columns()) {
      if (column.name() != "label") columns.push_back(column);
    }
    std::vector<double> values;
    for (std::size_t i = 0; i < rows.n_rows; ++i) values.push_back(value(i));
    columns.push_back(Column::float64("value", std::move(values)));
    return std::make_shared<const Table>(std::move(columns), "generated");
  }

  Dataset dataset() const { return dataset_of(table()); }
  static Dataset dataset_of(const std::shared_ptr<const Table>& table) {
    return Dataset(table, {.target = "value", .task = Task::regression, .weight = "weight"});
  }
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
