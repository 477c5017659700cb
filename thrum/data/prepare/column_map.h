#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"

namespace thrum {

/// What a fitted step makes of one column: none, one or several columns. Immutable, thread-safe.
class ColumnMap {
 public:
  virtual ~ColumnMap() = default;

  /// The columns it makes.
  virtual std::vector<Feature> outputs() const = 0;
  /// Writes output k of x[i] to out(k, i), which is 0 before. `x` is what a FeatureReader gives: NaN where it is
  /// missing, the code of a category, the number of categories for an unknown one.
  virtual void apply(std::span<const double> x, MatrixView<double> out) const noexcept = 0;
  /// For rows that the step was fitted on, from the global `first_row` on: what a cross-fitted map gives them.
  virtual void apply_to_training(std::size_t first_row, std::span<const double> x,
                                 MatrixView<double> out) const noexcept {
    static_cast<void>(first_row);
    apply(x, out);
  }
  /// One JSON object, from which read_column_map makes it again.
  virtual std::string to_json() const = 0;
};

/// `input`: the column that it is applied to. Throws corrupt_data naming `where` for what to_json does not write.
std::shared_ptr<const ColumnMap> read_column_map(std::string_view json, const Feature& input, std::string_view where);

}  // namespace thrum
