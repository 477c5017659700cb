#pragma once

#include <cmath>
#include <cstddef>
#include <memory>

#include "thrum/core/random.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"

namespace thrum::testing_data {

/// The features and weights of Generated with an amount above 0, or a count, "value" as the target, as
/// tests/reference/log_linear_regression_reference.py draws it.
struct GeneratedMeans {
  Generated rows = {};
  bool counts = false;

  double value(std::size_t i) const {
    double score = 0.2 * static_cast<double>(Random(rows.seed, 3).below(i, 4));
    for (std::size_t j = 0; j < rows.n_columns; ++j) {
      score += rows.number(i, j) / static_cast<double>(j + 1) * (j % 2 == 0 ? 0.8 : -0.4);
    }
    const double amount = std::exp(score) * (0.25 + Random(rows.seed, 5).uniform(i));
    return counts ? std::floor(2 * amount) : amount;
  }

  std::shared_ptr<const Table> table() const {
    return rows.table_of_values([this](std::size_t i) { return value(i); });
  }

  Dataset dataset() const {
    return Dataset(table(), {.target = "value", .task = Task::regression, .weight = "weight"});
  }
};

}  // namespace thrum::testing_data
