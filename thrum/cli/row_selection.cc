#include "thrum/cli/row_selection.h"

#include <utility>
#include <vector>

namespace thrum::cli {
namespace {

std::vector<std::size_t> chosen_rows(std::span<const std::uint8_t> mask, std::uint8_t wanted) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < mask.size(); ++row) {
    if (mask[row] == wanted) rows.push_back(row);
  }
  return rows;
}

template <class T>
std::vector<T> taken(std::span<const T> values, const std::vector<std::size_t>& rows) {
  std::vector<T> chosen;
  chosen.reserve(rows.size());
  for (const std::size_t row : rows) chosen.push_back(values[row]);
  return chosen;
}

Column take_categories(const Column& column, const std::vector<std::size_t>& rows) {
  std::vector<std::int32_t> codes = taken(column.codes(), rows);
  std::vector<std::int32_t> recoded(column.categories().size(), -1);
  for (const std::int32_t code : codes) {
    if (code >= 0) recoded[static_cast<std::size_t>(code)] = 0;
  }
  std::vector<std::string> categories;
  for (std::size_t code = 0; code < recoded.size(); ++code) {
    if (recoded[code] < 0) continue;
    recoded[code] = static_cast<std::int32_t>(categories.size());
    categories.push_back(column.categories()[code]);
  }
  for (std::int32_t& code : codes) code = code < 0 ? -1 : recoded[static_cast<std::size_t>(code)];
  return Column::category(column.name(), std::move(codes), std::move(categories));
}

Column take(const Column& column, const std::vector<std::size_t>& rows) {
  switch (column.type()) {
    case ColumnType::float64:
      return Column::float64(column.name(), taken(column.float64(), rows));
    case ColumnType::int64:
      return Column::int64(column.name(), taken(column.int64(), rows));
    case ColumnType::category:
      break;
  }
  return take_categories(column, rows);
}

}  // namespace

Table select_rows(const Table& table, std::span<const std::uint8_t> mask, std::uint8_t wanted) {
  const std::vector<std::size_t> rows = chosen_rows(mask, wanted);
  std::vector<Column> columns;
  for (const Column& column : table.columns()) columns.push_back(take(column, rows));
  return Table(std::move(columns), table.source());
}

}  // namespace thrum::cli
