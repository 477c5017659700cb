#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "thrum/data/bundle_plan_internal.h"

namespace thrum {

/// Rows that hold two different numbers, such as a flag.
struct TwoValues {
  double low = 0;
  double high = 0;
  RowBits is_high;
  std::size_t n_high = 0;
};

/// nullopt where there are fewer or more, or NaN.
std::optional<TwoValues> find_two_values(std::span<const double> values);

}  // namespace thrum
