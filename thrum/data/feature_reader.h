#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/data/table.h"

namespace thrum {

/// Reads the rows of a table as a model sees them (see Schema). Refers to the table. Reading is thread-safe.
class FeatureReader {
 public:
  /// Matches columns to features by name; the table may have more columns, in any order. Throws invalid_argument for a
  /// missing column (with the nearest name), for text in a column that must hold numbers and for unknown categories of
  /// a feature that refuses them (with the first such value and its row).
  /// The table's rows are numbered from `first_row` on, where it holds a part of others.
  FeatureReader(const Schema& schema, const Table& table, std::size_t first_row = 0);

  std::size_t n_features() const noexcept { return bindings_.size(); }
  std::size_t n_rows() const noexcept { return n_rows_; }  ///< of the table

  /// rows(i, j) = feature j of row begin + i. rows: (n, n_features).
  void read(std::size_t begin, MatrixView<double> rows) const;

  /// values[i] = feature `j` of row begin + i, for one feature.
  void read_feature(std::size_t j, std::size_t begin, std::span<double> values) const;

  /// The same where the table holds it as it is read, without a copy; else empty.
  std::span<const double> stored_feature(std::size_t j, std::size_t begin, std::size_t n) const;

  /// The same where it is stored, else read into `buffer`, whose size it has.
  std::span<const double> feature_values(std::size_t j, std::size_t begin, std::span<double> buffer) const;

  /// values[i] = feature `j` of row rows[i].
  void read_feature_at(std::size_t j, std::span<const std::size_t> rows, std::span<double> values) const;

 private:
  struct Binding {
    const Column* column = nullptr;
    FeatureType type = FeatureType::number;
    std::vector<double> recoded = {};          ///< the model's code for each code of a category column
    std::vector<std::string> categories = {};  ///< of a category feature whose column holds numbers
  };

  template <class Row, class At>
  static void read_into(const Binding& binding, std::size_t n, Row row, At at);

  std::vector<Binding> bindings_;
  std::size_t n_rows_ = 0;
  std::size_t first_row_ = 0;
};

}  // namespace thrum
