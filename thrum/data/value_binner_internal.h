#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/bin_map.h"

namespace thrum {

/// BinMap::bin for many values at once.
class ValueBinner {
 public:
  explicit ValueBinner(const BinMap& map);

  /// bins[i] = the bin of values[i].
  void bin(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept;

 private:
  void bin_codes(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept;

  FeatureType type_;
  std::vector<double> bounds_;  // -inf and the bounds but the last, filled up with +inf to a power of two
  std::vector<std::uint8_t> bin_of_code_;
};

}  // namespace thrum
