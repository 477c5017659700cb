#include "thrum/data/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/data/number_text_internal.h"
#include "thrum/data/schema.h"

namespace thrum {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool ascending(std::span<const std::string> values) {
  return std::ranges::adjacent_find(values, std::ranges::greater_equal{}) == values.end();
}

}  // namespace

std::string_view column_type_name(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::float64:
      return "float64";
    case ColumnType::int64:
      return "int64";
    case ColumnType::category:
      return "category";
  }
  return "";
}

Column Column::float64(std::string name, std::vector<double> values) {
  Column column;
  column.name_ = std::move(name);
  column.values_ = std::move(values);
  return column;
}

Column Column::int64(std::string name, std::vector<std::int64_t> values) {
  Column column;
  column.name_ = std::move(name);
  column.values_ = std::move(values);
  return column;
}

Column Column::category(std::string name, std::vector<std::int32_t> codes, std::vector<std::string> categories) {
  THRUM_ASSERT(ascending(categories));
  const auto n_categories = static_cast<std::int32_t>(categories.size());
  THRUM_ASSERT(std::ranges::all_of(codes, [&](std::int32_t code) { return code >= -1 && code < n_categories; }));
  Column column;
  column.name_ = std::move(name);
  column.values_ = Categorical{std::move(codes), std::move(categories)};
  return column;
}

Column Column::category_from(std::string name, std::span<const std::string> values,
                             std::span<const std::uint8_t> missing) {
  THRUM_ASSERT(missing.empty() || missing.size() == values.size());
  const auto is_missing = [&](std::size_t i) { return !missing.empty() && missing[i] != 0; };
  std::vector<std::string> categories;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_missing(i)) categories.push_back(values[i]);
  }
  std::ranges::sort(categories);
  const auto repeated = std::ranges::unique(categories);
  categories.erase(repeated.begin(), repeated.end());

  std::vector<std::int32_t> codes(values.size(), -1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_missing(i)) codes[i] = static_cast<std::int32_t>(category_code(categories, values[i]));
  }
  return category(std::move(name), std::move(codes), std::move(categories));
}

std::size_t Column::size() const noexcept {
  switch (type()) {
    case ColumnType::float64:
      return std::get_if<0>(&values_)->size();
    case ColumnType::int64:
      return std::get_if<1>(&values_)->size();
    case ColumnType::category:
      return std::get_if<2>(&values_)->codes.size();
  }
  return 0;
}

bool Column::is_missing(std::size_t row) const {
  if (type() == ColumnType::float64) return std::isnan(float64()[row]);
  return type() == ColumnType::category && codes()[row] < 0;
}

std::size_t Column::n_missing() const {
  std::size_t n = 0;
  for (std::size_t i = 0; i < size(); ++i) n += is_missing(i) ? 1 : 0;
  return n;
}

double Column::number(std::size_t row) const {
  return type() == ColumnType::float64 ? float64()[row] : static_cast<double>(int64()[row]);
}

std::string Column::text(std::size_t row) const {
  if (is_missing(row)) return "";
  switch (type()) {
    case ColumnType::float64:
      return number_text(float64()[row]);
    case ColumnType::int64:
      return std::to_string(int64()[row]);
    case ColumnType::category:
      return categories()[static_cast<std::size_t>(codes()[row])];
  }
  return "";
}

Table::Table(std::vector<Column> columns, std::string source)
    : columns_(std::move(columns)), source_(std::move(source)) {
  std::set<std::string_view> names;
  for (const Column& column : columns_) {
    if (!names.insert(column.name()).second) {
      throw Error(ErrorCode::invalid_argument, "[data] " + source_ + " has two columns \"" + column.name() + "\"");
    }
    if (column.size() != n_rows()) {
      throw Error(ErrorCode::invalid_argument, "[data] the columns of " + source_ + " differ in length: \"" +
                                                   columns_.front().name() + "\" has " + std::to_string(n_rows()) +
                                                   " rows, \"" + column.name() + "\" has " +
                                                   std::to_string(column.size()));
    }
  }
}

std::vector<std::string> Table::column_names() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name());
  return names;
}

const Column* Table::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(columns_, name, &Column::name);
  return found == columns_.end() ? nullptr : &*found;
}

const Column& Table::column(std::string_view name) const {
  if (const Column* found = find(name)) return *found;
  throw Error(ErrorCode::invalid_argument, "[data] column \"" + std::string(name) + "\" is not in " + source_,
              nearest_hint(name, column_names()));
}

}  // namespace thrum
