#pragma once

#include <array>
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
  void bin_numbers(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept;
  void bin_codes(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept;

  FeatureType type_;
  std::size_t first_step_ = 0;  // a power of two: half of the bounds, with those that fill up
  std::vector<double> bounds_;  // ascending, without the last, filled up with +inf to 2 * first_step - 1
  std::vector<std::uint8_t> bin_of_code_;
};

}  // namespace thrum
