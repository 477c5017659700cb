#include <bit>
#include <limits>

#include "thrum/data/value_binner_internal.h"

namespace thrum {

ValueBinner::ValueBinner(const BinMap& map) : type_(map.type) {
  if (type_ == FeatureType::number) {
    bounds_.assign(map.upper.begin(), map.upper.end() - 1);
    first_step_ = std::bit_ceil(bounds_.size() + 1) / 2;
    bounds_.resize(std::bit_ceil(bounds_.size() + 1) - 1, std::numeric_limits<double>::infinity());
    return;
  }
  for (std::size_t b = 0; b < map.categories.size(); ++b) {
    const auto code = static_cast<std::size_t>(map.categories[b]);
    if (code >= bin_of_code_.size()) bin_of_code_.resize(code + 1);
    bin_of_code_[code] = static_cast<std::uint8_t>(b + 1);
  }
}

void ValueBinner::bin(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept {
  type_ == FeatureType::number ? bin_numbers(values, bins) : bin_codes(values, bins);
}

/// Binary search without branches, so that the searches for several values overlap.
void ValueBinner::bin_numbers(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values[i];
    std::size_t below = 0;  // how many bounds are less than x
    for (std::size_t step = first_step_; step > 0; step /= 2) below += bounds_[below + step - 1] < x ? step : 0;
    bins[i] = static_cast<std::uint8_t>(x == x ? below + 1 : 0);
  }
}

void ValueBinner::bin_codes(std::span<const double> values, std::span<std::uint8_t> bins) const noexcept {
  const auto n_codes = static_cast<double>(bin_of_code_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_known = values[i] < n_codes;  // not NaN
    bins[i] = is_known ? bin_of_code_[static_cast<std::size_t>(values[i])] : std::uint8_t{0};
  }
}

}  // namespace thrum
