#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "thrum/data/schema.h"

namespace thrum {

/// How the values of one feature become small whole numbers. Bin 0 is for missing values and, of a category feature,
/// for unknown categories and those too rare for a bin of their own.
struct BinMap {
  FeatureType type = FeatureType::number;
  /// Of a number: bin b >= 1 holds the values x with upper[b - 2] < x <= upper[b - 1]; ascending, the last is +inf.
  /// The others are finite, lie between two values of the training rows and are floats wherever a float lies there. A
  /// split "bin <= b" of values is the same as x <= upper[b - 1], exactly.
  std::vector<double> upper = {};
  std::vector<std::int32_t> categories = {};  ///< of a category feature: bin b >= 1 holds the code categories[b - 1]
  bool has_missing = false;                   ///< whether a training row (one that has a say) is in bin 0

  std::size_t n_bins() const noexcept { return 1 + (type == FeatureType::number ? upper.size() : categories.size()); }
  /// Of a value as Schema describes it.
  std::size_t bin(double value) const noexcept;
};

}  // namespace thrum
