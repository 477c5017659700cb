#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace thrum {

/// Of an even number of values the mean of both in the middle. REQUIRES: there is one.
inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace thrum
