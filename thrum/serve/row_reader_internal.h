#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/serve/feature_cells_internal.h"
#include "thrum/serve/json_input_internal.h"

namespace thrum::serving {

/// The rows of a request, checked and as a model sees them.
using Rows = MatrixView<const double>;

/// Reads the forms in which JSON holds rows. Every function returns (n, n_features), n >= 1, valid until the next call,
/// and throws HttpError: 400 with the place of the fault, such as `[predict] instances[3] (feature "age"): expected a
/// number, got "abc"`; 413 for too many rows. Buffers are reused. Not thread-safe.
class RowReader {
 public:
  /// `cells` must outlive it.
  RowReader(const FeatureCells& cells, std::size_t limit_rows);

  /// [{"age": 39, …}, [39, …], …]: an object has every feature by its name, in any order, a list all values in the
  /// order of the model.
  Rows read_rows(std::string_view name, const JsonElement& rows);
  /// [{"age": 39, …}, …], objects only.
  Rows read_records(std::string_view name, const JsonElement& records);
  /// {"columns": ["age", …], "data": [[39, …], …]}, as pandas writes it; without "columns", in the order of the model.
  Rows read_split(std::string_view name, const JsonElement& frame);
  /// {"age": [39, …], …}: one list per feature.
  Rows read_columns(std::string_view name, const JsonElement& columns);

  /// What the readers of other formats fill: (n, n_features). Throws HttpError 413 for too many, 400 for none.
  MatrixView<double> begin(const Place& place, std::size_t n_rows);
  /// For who fills them by feature.
  NamedFeatures& named() noexcept { return named_; }
  Rows rows() const noexcept { return {values_.data(), n_rows_, cells_.size()}; }

 private:
  double* add_row();
  void finish(std::string_view name) const;
  void read_record(const Place& place, const JsonObject& record, double* values);
  void read_list(const Place& place, const JsonArray& list, double* values) const;
  void read_ordered(const Place& place, const JsonArray& list, double* values) const;
  void read_column(std::string_view name, std::size_t feature, const JsonArray& column);
  void read_order(std::string_view name, const JsonMember& columns);
  double read_cell(const Place& place, std::size_t feature, const JsonElement& value) const;

  const FeatureCells& cells_;
  std::size_t limit_rows_;
  NamedFeatures named_;
  std::vector<double> values_;
  std::size_t n_rows_ = 0;
  std::vector<std::size_t> order_;  ///< the feature of each column of a frame
};

}  // namespace thrum::serving
