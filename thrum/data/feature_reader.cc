#include "thrum/data/feature_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/data/csv_number_internal.h"

namespace thrum {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Names the first value that is no number; a single one makes a whole column text.
[[noreturn]] void refuse_text(const Column& column, const Table& table) {
  const auto is_fault = [&](std::size_t row) { return !column.is_missing(row) && !csv::is_number(column.text(row)); };
  std::size_t row = 0;
  while (row < column.size() && !is_fault(row)) ++row;
  if (row == column.size()) row = 0;  // numbers in quotes alone
  while (column.is_missing(row)) ++row;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("column {} of {}: the model expects numbers, row {} holds {}", in_quotes(column.name()),
                          table.source(), row + 1, in_quotes(column.text(row))));
}

/// Names the first category that the feature does not know, if there is one.
void require_known(const Column& column, const Feature& feature, const Table& table) {
  const auto is_known = [&](const std::string& text) {
    return category_code(feature.categories, text) < feature.categories.size();
  };
  if (column.type() == ColumnType::category && std::ranges::all_of(column.categories(), is_known)) return;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_missing(row)) continue;
    const std::string text = column.text(row);
    if (is_known(text)) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("column {} of {}: row {} holds {}, which is no category of the training rows",
                            in_quotes(column.name()), table.source(), row + 1, in_quotes(text)),
                "leave the row out, or train with another handle_unknown than error");
  }
}

/// The model's code for each code of `column`.
std::vector<double> recode(const Column& column, const Feature& feature) {
  std::vector<double> codes;
  codes.reserve(column.categories().size());
  for (const std::string& name : column.categories()) {
    codes.push_back(static_cast<double>(category_code(feature.categories, name)));
  }
  return codes;
}

/// Finds columns by name, at once where they come in the order of the features: tables may have many thousands.
class ColumnFinder {
 public:
  explicit ColumnFinder(const Table& table) : table_(table) {}

  const Column& find(const std::string& name) {
    const auto columns = table_.columns();
    const Column& column =
        next_ < columns.size() && columns[next_].name() == name ? columns[next_] : table_.column(name);
    next_ = static_cast<std::size_t>(&column - columns.data()) + 1;
    return column;
  }

 private:
  const Table& table_;
  std::size_t next_ = 0;
};

}  // namespace

FeatureReader::FeatureReader(const Schema& schema, const Table& table, std::size_t first_row)
    : n_rows_(table.n_rows()), first_row_(first_row) {
  bindings_.reserve(schema.features.size());
  ColumnFinder finder(table);
  for (const Feature& feature : schema.features) {
    const Column& column = finder.find(feature.name);
    Binding binding{.column = &column, .type = feature.type};
    const bool is_text = column.type() == ColumnType::category;
    if (feature.type == FeatureType::category) {
      if (is_text) {
        binding.recoded = recode(column, feature);
      } else {
        binding.categories = feature.categories;
      }
      if (feature.refuses_unknown) require_known(column, feature, table);
    } else if (is_text && column.n_missing() < column.size()) {
      refuse_text(column, table);
    }
    bindings_.push_back(std::move(binding));
  }
}

void FeatureReader::read(std::size_t begin, MatrixView<double> rows) const {
  THRUM_ASSERT(rows.cols() == n_features() && begin >= first_row_ && begin - first_row_ + rows.rows() <= n_rows_);
  const auto row = [begin = begin - first_row_](std::size_t i) { return begin + i; };
  for (std::size_t j = 0; j < n_features(); ++j) {
    read_into(bindings_[j], rows.rows(), row, [&](std::size_t i) -> double& { return rows(i, j); });
  }
}

void FeatureReader::read_feature(std::size_t j, std::size_t begin, std::span<double> values) const {
  THRUM_ASSERT(j < n_features() && begin >= first_row_ && begin - first_row_ + values.size() <= n_rows_);
  const auto row = [begin = begin - first_row_](std::size_t i) { return begin + i; };
  read_into(bindings_[j], values.size(), row, [&](std::size_t i) -> double& { return values[i]; });
}

std::span<const double> FeatureReader::stored_feature(std::size_t j, std::size_t begin, std::size_t n) const {
  THRUM_ASSERT(j < n_features() && begin >= first_row_ && begin - first_row_ + n <= n_rows_);
  const Binding& binding = bindings_[j];
  if (binding.type != FeatureType::number || binding.column->type() != ColumnType::float64) return {};
  return binding.column->float64().subspan(begin - first_row_, n);
}

std::span<const double> FeatureReader::feature_values(std::size_t j, std::size_t begin,
                                                      std::span<double> buffer) const {
  const std::span<const double> stored = stored_feature(j, begin, buffer.size());
  if (!stored.empty()) return stored;
  read_feature(j, begin, buffer);
  return buffer;
}

void FeatureReader::read_feature_at(std::size_t j, std::span<const std::size_t> rows, std::span<double> values) const {
  THRUM_ASSERT(j < n_features() && rows.size() == values.size());
  const auto row = [rows, first = first_row_](std::size_t i) { return rows[i] - first; };
  read_into(bindings_[j], values.size(), row, [&](std::size_t i) -> double& { return values[i]; });
}

template <class Row, class At>
void FeatureReader::read_into(const Binding& binding, std::size_t n, Row row, At at) {
  const Column& column = *binding.column;
  if (column.type() == ColumnType::category) {
    const auto codes = column.codes();
    for (std::size_t i = 0; i < n; ++i) {
      const std::int32_t code = codes[row(i)];
      at(i) = code >= 0 && !binding.recoded.empty() ? binding.recoded[static_cast<std::size_t>(code)] : missing;
    }
  } else if (binding.type == FeatureType::category) {
    for (std::size_t i = 0; i < n; ++i) {
      at(i) = column.is_missing(row(i)) ? missing
                                        : static_cast<double>(category_code(binding.categories, column.text(row(i))));
    }
  } else if (column.type() == ColumnType::int64) {
    const auto values = column.int64();
    for (std::size_t i = 0; i < n; ++i) at(i) = static_cast<double>(values[row(i)]);
  } else {
    const auto values = column.float64();
    for (std::size_t i = 0; i < n; ++i) at(i) = values[row(i)];
  }
}

}  // namespace thrum
