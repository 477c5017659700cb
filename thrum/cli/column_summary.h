#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/json_internal.h"
#include "thrum/data/table.h"

namespace thrum::cli {

/// What `thrum data inspect` says of one column.
struct ColumnSummary {
  std::string name;
  ColumnType type = ColumnType::float64;
  std::size_t n_missing = 0;
  std::size_t n_distinct = 0;  ///< of the values that are not missing
  double low = 0;              ///< of numbers; NaN where all are missing
  double mean = 0;
  double high = 0;
  std::vector<std::pair<std::string, std::size_t>> most_frequent = {};  ///< up to 5 categories with their counts
};

/// One per column, in parallel over columns.
std::vector<ColumnSummary> summarize(const Table& table, const Execution& execution);

/// Every distinct value with its number of rows, in the order of a model's classes: numbers as numbers, text by bytes.
std::vector<std::pair<std::string, std::size_t>> value_counts(const Column& column);

/// What is odd about the texts of a category column, as "has numbers with commas …"; "" where they are just texts.
std::string texts_remark(const Column& column);

Json summary_json(const ColumnSummary& summary);

/// "3.4, 38.6 (mean), 90" or "Private 75 %, …" for a table that people read.
std::string values_text(const ColumnSummary& summary, std::size_t n_rows);

}  // namespace thrum::cli
