#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/schema.h"

namespace thrum {

/// What a fitted step makes of several columns together, in place of them. Immutable, thread-safe.
class RowMap {
 public:
  virtual ~RowMap() = default;

  /// The columns it makes.
  virtual std::vector<Feature> outputs() const = 0;
  /// Writes one value per output. `row`: of its columns, each value as ColumnMap::apply has it.
  virtual void apply(std::span<const double> row, double* out) const noexcept = 0;
  /// One JSON object, from which read_row_map makes it again.
  virtual std::string to_json() const = 0;
};

/// `inputs`: the columns that it is applied to. Throws corrupt_data naming `where` for what to_json does not write.
std::shared_ptr<const RowMap> read_row_map(std::string_view json, std::span<const Feature> inputs,
                                           std::string_view where);

}  // namespace thrum
