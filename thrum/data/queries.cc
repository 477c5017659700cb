#include "thrum/data/queries.h"

#include <fmt/format.h>

#include <cstddef>
#include <unordered_map>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"

namespace thrum {
namespace {

/// at(row): the value of a row, of which equal ones are the same query.
template <class Key, class At>
std::vector<std::uint32_t> number_by(std::size_t n_rows, At at) {
  std::unordered_map<Key, std::uint32_t> number_of;
  std::vector<std::uint32_t> queries(n_rows);
  for (std::size_t row = 0; row < n_rows; ++row) {
    queries[row] = number_of.emplace(at(row), static_cast<std::uint32_t>(number_of.size())).first->second;
  }
  return queries;
}

}  // namespace

std::vector<std::uint32_t> number_queries(const Table& table, const Column& column) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.is_missing(row)) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("query {} is missing in row {} of {}", in_quotes(column.name()), row + 1, table.source()),
                "every row of a ranking belongs to a query");
  }
  switch (column.type()) {
    case ColumnType::int64:
      return number_by<std::int64_t>(column.size(), [&](std::size_t row) { return column.int64()[row]; });
    case ColumnType::float64:
      return number_by<double>(column.size(), [&](std::size_t row) { return column.float64()[row]; });
    case ColumnType::category:
      break;
  }
  return number_by<std::int32_t>(column.size(), [&](std::size_t row) { return column.codes()[row]; });
}

}  // namespace thrum
