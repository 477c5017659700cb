#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/dataset.h"
#include "thrum/data/table.h"

namespace thrum::testing_data {

/// Rows of queries from the counter, as tests/reference/lambdarank_reference.py draws them: numbers "x0" to "x5",
/// labels from 0 to 4 in "relevance", queries in "query", whose rows stand anywhere.
struct RankingRows {
  static constexpr std::uint64_t seed = 31;
  static constexpr std::size_t n_features = 6;
  static constexpr std::size_t n_train = 6000;  ///< from here on the queries are others

  std::size_t first = 0;
  std::size_t n_rows = n_train;

  static double x(std::size_t i, std::size_t j) { return 2 * Random(seed, 0).uniform(i * n_features + j) - 1; }
  static double label(std::size_t i) {
    const double worth =
        x(i, 0) * x(i, 1) + 0.5 * std::sin(3 * x(i, 2)) + 0.5 * x(i, 3) + 0.8 * Random(seed, 1).uniform(i) - 0.4;
    return std::clamp(std::floor(1.6 * worth + 1.5), 0.0, 4.0);
  }
  static std::int64_t query(std::size_t i) {
    const Random random(seed, 2);
    return static_cast<std::int64_t>(i < n_train ? random.below(i, 300) : 300 + random.below(i, 100));
  }

  std::shared_ptr<const Table> table() const {
    std::vector<Column> columns;
    for (std::size_t j = 0; j < n_features; ++j) {
      std::vector<double> values;
      for (std::size_t i = first; i < first + n_rows; ++i) values.push_back(x(i, j));
      columns.push_back(Column::float64("x" + std::to_string(j), std::move(values)));
    }
    std::vector<double> labels;
    std::vector<std::int64_t> queries;
    for (std::size_t i = first; i < first + n_rows; ++i) labels.push_back(label(i));
    for (std::size_t i = first; i < first + n_rows; ++i) queries.push_back(query(i));
    columns.push_back(Column::float64("relevance", std::move(labels)));
    columns.push_back(Column::int64("query", std::move(queries)));
    return std::make_shared<const Table>(std::move(columns), "generated");
  }
  Dataset dataset() const { return Dataset(table(), {.target = "relevance", .task = Task::ranking, .query = "query"}); }
};

}  // namespace thrum::testing_data
