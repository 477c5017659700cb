#include "thrum/data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_set>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum {
namespace {

template <class Number>
std::string shortest_text(Number value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

/// A whole number has the text that an int64 column would give it (1e15 is "1000000000000000"), so that a class or a
/// category has one name whatever the type of its column.
std::string number_text(double value) {
  const bool is_whole = value == std::trunc(value) && std::abs(value) < 0x1p63;
  const bool is_negative_zero = value == 0 && std::signbit(value);
  return is_whole && !is_negative_zero ? shortest_text(static_cast<std::int64_t>(value)) : shortest_text(value);
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
  return "category";
}

Column Column::float64(std::string name, std::vector<double> values) {
  return stored(std::move(name), ColumnValues<double>(std::move(values)));
}

Column Column::int64(std::string name, std::vector<std::int64_t> values) {
  return stored(std::move(name), ColumnValues<std::int64_t>(std::move(values)));
}

Column Column::category(std::string name, std::vector<std::int32_t> codes, std::vector<std::string> categories) {
  return stored(std::move(name), ColumnValues<std::int32_t>(std::move(codes)), std::move(categories));
}

Column Column::stored(std::string name, ColumnValues<double> values) {
  Column column;
  column.name_ = std::move(name);
  column.values_ = std::move(values);
  return column;
}

Column Column::stored(std::string name, ColumnValues<std::int64_t> values) {
  Column column;
  column.name_ = std::move(name);
  column.values_ = std::move(values);
  return column;
}

Column Column::stored(std::string name, ColumnValues<std::int32_t> codes, std::vector<std::string> categories) {
  THRUM_ASSERT(std::adjacent_find(categories.begin(), categories.end(), std::greater_equal<>()) == categories.end());
  Column column;
  column.name_ = std::move(name);
  column.values_ = Categorical{std::move(codes), std::move(categories)};
  return column;
}

Column Column::category_from(std::string name, std::span<const std::string> values,
                             std::span<const std::uint8_t> missing) {
  const auto is_missing = [&](std::size_t i) { return !missing.empty() && missing[i] != 0; };
  std::map<std::string_view, std::int32_t> codes_of;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_missing(i)) codes_of.emplace(values[i], 0);
  }
  std::vector<std::string> categories;
  for (auto& [text, code] : codes_of) {
    code = static_cast<std::int32_t>(categories.size());
    categories.emplace_back(text);
  }
  std::vector<std::int32_t> codes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) codes[i] = is_missing(i) ? -1 : codes_of.find(values[i])->second;
  return category(std::move(name), std::move(codes), std::move(categories));
}

Column Column::renamed(std::string name) && {
  Column column = std::move(*this);
  column.name_ = std::move(name);
  return column;
}

std::size_t Column::size() const noexcept {
  switch (type()) {
    case ColumnType::float64:
      return float64().size();
    case ColumnType::int64:
      return int64().size();
    case ColumnType::category:
      return codes().size();
  }
  return 0;
}

bool Column::is_missing(std::size_t row) const {
  switch (type()) {
    case ColumnType::float64:
      return std::isnan(float64()[row]);
    case ColumnType::int64:
      return false;
    case ColumnType::category:
      return codes()[row] < 0;
  }
  return false;
}

std::size_t Column::n_missing() const {
  switch (type()) {
    case ColumnType::float64:
      return static_cast<std::size_t>(std::ranges::count_if(float64(), [](double x) { return std::isnan(x); }));
    case ColumnType::int64:
      return 0;
    case ColumnType::category:
      return static_cast<std::size_t>(std::ranges::count_if(codes(), [](std::int32_t code) { return code < 0; }));
  }
  return 0;
}

double Column::number(std::size_t row) const {
  THRUM_ASSERT(type() != ColumnType::category);
  return type() == ColumnType::int64 ? static_cast<double>(int64()[row]) : float64()[row];
}

std::string Column::text(std::size_t row) const {
  if (is_missing(row)) return "";
  switch (type()) {
    case ColumnType::float64:
      return number_text(float64()[row]);
    case ColumnType::int64:
      return shortest_text(int64()[row]);
    case ColumnType::category:
      return categories()[static_cast<std::size_t>(codes()[row])];
  }
  return "";
}

Table::Table(std::vector<Column> columns, std::string source)
    : columns_(std::move(columns)), source_(std::move(source)) {
  std::unordered_set<std::string_view> names;
  for (const Column& column : columns_) {
    if (!names.insert(column.name()).second) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} has two columns called {}", source_, in_quotes(column.name())));
    }
    if (column.size() != n_rows()) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{}: column {} has {} rows, column {} has {}", source_, in_quotes(column.name()),
                              column.size(), in_quotes(columns_.front().name()), n_rows()));
    }
  }
}

std::vector<std::string> Table::column_names() const {
  std::vector<std::string> names;
  names.reserve(columns_.size());
  for (const Column& column : columns_) names.push_back(column.name());
  return names;
}

const Column* Table::find(std::string_view name) const noexcept {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name() == name; });
  return found == columns_.end() ? nullptr : &*found;
}

const Column& Table::column(std::string_view name) const {
  if (const Column* column = find(name)) return *column;
  throw Error(ErrorCode::invalid_argument, fmt::format("column {} is not in {}", in_quotes(name), source_),
              nearest_hint(name, column_names()));
}

}  // namespace thrum
