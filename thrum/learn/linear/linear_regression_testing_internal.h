#pragma once

#include <cstddef>
#include <memory>

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
    return rows.table_of_values([this](std::size_t i) { return value(i); });
  }

  Dataset dataset() const { return dataset_of(table()); }
  static Dataset dataset_of(const std::shared_ptr<const Table>& table) {
    return Dataset(table, {.target = "value", .task = Task::regression, .weight = "weight"});
  }
};

}  // namespace thrum::testing_data
