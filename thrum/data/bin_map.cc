#include "thrum/data/bin_map.h"

#include <algorithm>
#include <cmath>

namespace thrum {

std::size_t BinMap::bin(double value) const noexcept {
  if (std::isnan(value)) return 0;
  if (type == FeatureType::number) {
    return static_cast<std::size_t>(std::ranges::lower_bound(upper, value) - upper.begin()) + 1;
  }
  const auto found = std::ranges::find(categories, value, [](std::int32_t code) { return static_cast<double>(code); });
  return found == categories.end() ? 0 : static_cast<std::size_t>(found - categories.begin()) + 1;
}

}  // namespace thrum
