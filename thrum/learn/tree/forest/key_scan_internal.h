#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace thrum::forest {

/// How many keys or payloads can be read, and mean nothing, behind those that are looked at: room for whole vectors.
inline constexpr std::size_t scan_padding = 64;

/// What some keys are, besides 0, which stands for a missing value.
struct KeyRange {
  std::uint32_t lowest = 0;   ///< 0: there are none
  std::uint32_t highest = 0;  ///< likewise
  bool any_missing = false;

  bool is_constant() const noexcept { return any_missing ? highest == 0 : lowest == highest; }
};

/// REQUIRES: there are keys, with padding.
KeyRange range_of(std::span<const std::uint32_t> keys) noexcept;

/// The keys from `first` to `first` + `last_offset`.
struct KeyInterval {
  std::uint32_t first = 0;
  std::uint32_t last_offset = 0;

  bool holds(std::uint32_t key) const noexcept { return key - first <= last_offset; }  // lower ones wrap around
};

/// Rows whose keys are in an interval: how many, and the sums of the lower and of the upper bytes of their payloads.
struct PayloadSums {
  std::uint32_t n = 0;
  std::uint32_t low = 0;
  std::uint32_t high = 0;
};

/// payloads: one per key. REQUIRES: padding behind both.
PayloadSums sum_payloads(std::span<const std::uint32_t> keys, const std::uint16_t* payloads,
                         const KeyInterval& interval) noexcept;

}  // namespace thrum::forest
