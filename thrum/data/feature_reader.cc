#include "thrum/data/feature_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/data/number_text_internal.h"

namespace thrum {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Column& feature_column(const Feature& feature, const Table& table) {
  if (const Column* found = table.find(feature.name)) return *found;
  throw Error(ErrorCode::invalid_argument,
              "[data] column \"" + feature.name + "\", a feature of the model, is not in " + table.source(),
              nearest_hint(feature.name, table.column_names()));
}

/// Text where there must be numbers is only bearable where every value is missing.
void require_no_text(const Column& column, const Table& table) {
  const auto codes = column.codes();
  const auto first = std::ranges::find_if(codes, [](std::int32_t code) { return code >= 0; });
  if (first == codes.end()) return;
  const auto row = static_cast<std::size_t>(first - codes.begin());
  throw Error(ErrorCode::invalid_argument, "[data] column \"" + column.name() + "\" of " + table.source() +
                                               " must hold numbers, but row " + std::to_string(row + 1) + " has \"" +
                                               column.text(row) + "\"");
}

std::vector<double> recode(std::span<const std::string> from, const std::vector<std::string>& to) {
  std::vector<double> codes;
  codes.reserve(from.size());
  for (const std::string& category : from) codes.push_back(static_cast<double>(category_code(to, category)));
  return codes;
}

}  // namespace

FeatureReader::FeatureReader(const Schema& schema, const Table& table) : n_rows_(table.n_rows()) {
  for (const Feature& feature : schema.features) {
    const Column& column = feature_column(feature, table);
    Binding binding{.column = &column, .type = feature.type};
    if (column.type() != ColumnType::category) {
      if (feature.type == FeatureType::category) binding.categories = feature.categories;
    } else if (feature.type == FeatureType::number) {
      require_no_text(column, table);
    } else {
      binding.recoded = recode(column.categories(), feature.categories);
    }
    bindings_.push_back(std::move(binding));
  }
}

void FeatureReader::read(std::size_t begin, MatrixView<double> rows) const {
  THRUM_ASSERT(rows.cols() == n_features());
  for (std::size_t j = 0; j < n_features(); ++j) {
    read_values(bindings_[j], begin, rows.rows(), [&](std::size_t i, double value) { rows(i, j) = value; });
  }
}

void FeatureReader::read_feature(std::size_t j, std::size_t begin, std::span<double> values) const {
  read_values(bindings_[j], begin, values.size(), [&](std::size_t i, double value) { values[i] = value; });
}

template <class Store>
void FeatureReader::read_values(const Binding& binding, std::size_t begin, std::size_t n, Store store) const {
  THRUM_ASSERT(begin <= n_rows_ && n <= n_rows_ - begin);
  const Column& column = *binding.column;
  if (column.type() == ColumnType::category) {
    const auto codes = column.codes().subspan(begin, n);
    for (std::size_t i = 0; i < n; ++i) {
      const bool missing = codes[i] < 0 || binding.type == FeatureType::number;
      store(i, missing ? nan : binding.recoded[static_cast<std::size_t>(codes[i])]);
    }
  } else if (binding.type == FeatureType::category) {
    for (std::size_t i = 0; i < n; ++i) {
      if (column.is_missing(begin + i)) {
        store(i, nan);
      } else {
        store(i, static_cast<double>(category_code(binding.categories, column.text(begin + i))));
      }
    }
  } else if (column.type() == ColumnType::float64) {
    const auto numbers = column.float64().subspan(begin, n);
    for (std::size_t i = 0; i < n; ++i) store(i, numbers[i]);
  } else {
    const auto numbers = column.int64().subspan(begin, n);
    for (std::size_t i = 0; i < n; ++i) store(i, static_cast<double>(numbers[i]));
  }
}

}  // namespace thrum
