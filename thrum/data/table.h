#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "thrum/data/column_values.h"

namespace thrum {

enum class ColumnType { float64, int64, category };

std::string_view column_type_name(ColumnType type) noexcept;

/// One named, typed column of a Table. Immutable, so reading is thread-safe.
class Column {
 public:
  /// NaN means missing.
  static Column float64(std::string name, std::vector<double> values);
  /// Whole numbers; none is missing.
  static Column int64(std::string name, std::vector<std::int64_t> values);
  /// codes[i] is an index into `categories`, or -1 where the value is missing. REQUIRES: categories are distinct and in
  /// the order of their bytes.
  static Column category(std::string name, std::vector<std::int32_t> codes, std::vector<std::string> categories);
  /// A category column made from its values; `missing` marks the missing ones (may be empty: none).
  static Column category_from(std::string name, std::span<const std::string> values,
                              std::span<const std::uint8_t> missing = {});

  /// The same from values that may lie on a disk.
  static Column stored(std::string name, ColumnValues<double> values);
  static Column stored(std::string name, ColumnValues<std::int64_t> values);
  static Column stored(std::string name, ColumnValues<std::int32_t> codes, std::vector<std::string> categories);

  /// The same values under another name.
  Column renamed(std::string name) &&;

  const std::string& name() const noexcept { return name_; }
  ColumnType type() const noexcept { return static_cast<ColumnType>(values_.index()); }
  std::size_t size() const noexcept;

  /// REQUIRES: the type is the one asked for.
  std::span<const double> float64() const { return std::get<0>(values_).values(); }
  std::span<const std::int64_t> int64() const { return std::get<1>(values_).values(); }
  std::span<const std::int32_t> codes() const { return std::get<2>(values_).codes.values(); }
  std::span<const std::string> categories() const { return std::get<2>(values_).categories; }

  bool is_missing(std::size_t row) const;
  std::size_t n_missing() const;
  /// The number in `row`, NaN where it is missing. REQUIRES: not a category column.
  double number(std::size_t row) const;
  /// The value as a CSV file would hold it; "" where it is missing.
  std::string text(std::size_t row) const;

 private:
  struct Categorical {
    ColumnValues<std::int32_t> codes;
    std::vector<std::string> categories;
  };
  std::string name_;
  std::variant<ColumnValues<double>, ColumnValues<std::int64_t>, Categorical> values_;
};

/// Columns of equal length with distinct names.
class Table {
 public:
  Table() = default;
  /// `source` names the table in messages, such as "adult.csv". Throws invalid_argument for columns of different
  /// lengths or of the same name.
  explicit Table(std::vector<Column> columns, std::string source = "the table");

  std::size_t n_rows() const noexcept { return columns_.empty() ? 0 : columns_.front().size(); }
  std::size_t n_columns() const noexcept { return columns_.size(); }
  const std::string& source() const noexcept { return source_; }
  std::span<const Column> columns() const noexcept { return columns_; }
  std::vector<std::string> column_names() const;

  /// nullptr where there is none.
  const Column* find(std::string_view name) const noexcept;
  /// Throws invalid_argument: `column "incom" is not in adult.csv; nearest: "income"`.
  const Column& column(std::string_view name) const;

 private:
  std::vector<Column> columns_;
  std::string source_ = "the table";
};

}  // namespace thrum
