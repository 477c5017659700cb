#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace thrum::forest {

/// A row of a node while it is sorted by a feature: its rank in the upper bits, below what the criterion wants to know
/// of it.
template <class Key>
struct SortKey {
  static constexpr int payload_bits = sizeof(Key) * 4;
  static constexpr std::size_t most_rows = std::size_t{1} << payload_bits;

  static Key make(std::uint16_t rank, std::uint32_t payload) noexcept { return Key{rank} << payload_bits | payload; }
  static std::uint32_t rank(Key key) noexcept { return static_cast<std::uint32_t>(key >> payload_bits); }
  static std::uint32_t payload(Key key) noexcept {
    return static_cast<std::uint32_t>(key & ((Key{1} << payload_bits) - 1));
  }
};

/// Sorts keys by their rank; equal ranks keep their order. Holds scratch.
template <class Key>
class KeySorter {
 public:
  /// `n` keys to be filled and sorted; they are valid until the next call.
  std::span<Key> keys(std::size_t n) {
    if (keys_.size() < n) {
      keys_.resize(n);
      other_.resize(n);
    }
    return std::span(keys_).first(n);
  }

  void sort(std::span<Key> keys) noexcept {
    if (keys.size() <= few) {
      by_comparisons(keys);
    } else {
      by_digits(keys);
    }
  }

 private:
  static constexpr std::size_t few = 96;

  /// A key's place is how many are lower, which vectors count without a branch, and how many equal ones came before.
  void by_comparisons(std::span<Key> keys) noexcept {
    constexpr std::size_t lanes = 8;
    constexpr int lowest_of_signed = 0x8000;  // vectors compare signed numbers
    const std::size_t n = keys.size();
    const std::size_t n_padded = (n + lanes - 1) / lanes * lanes;
    std::array<std::int16_t, few> ranks;
    std::array<std::uint8_t, few> n_equal;
    for (std::size_t i = 0; i < n; ++i) {
      ranks[i] = static_cast<std::int16_t>(SortKey<Key>::rank(keys[i]) ^ lowest_of_signed);
      n_equal[i] = 0;
      other_[i] = keys[i];
    }
    std::fill(ranks.begin() + n, ranks.begin() + n_padded, std::numeric_limits<std::int16_t>::max());
    for (std::size_t i = 0; i < n; ++i) {
      const std::int16_t rank = ranks[i];
      std::array<std::int16_t, lanes> n_lower{};
      for (std::size_t j = 0; j < n_padded; j += lanes) {
        for (std::size_t l = 0; l < lanes; ++l) {
          n_lower[l] = static_cast<std::int16_t>(n_lower[l] + (ranks[j + l] < rank ? 1 : 0));
        }
      }
      const auto place = static_cast<std::size_t>(std::accumulate(n_lower.begin(), n_lower.end(), 0));
      keys[place + n_equal[place]++] = other_[i];
    }
  }

  void by_digits(std::span<Key> keys) noexcept {
    constexpr std::size_t n_digits = 256;
    std::array<std::uint32_t, n_digits> low{};
    std::array<std::uint32_t, n_digits> high{};
    for (const Key key : keys) {
      const std::uint32_t rank = SortKey<Key>::rank(key);
      ++low[rank & 255];
      ++high[rank >> 8];
    }
    std::uint32_t before_low = 0;
    std::uint32_t before_high = 0;
    for (std::size_t d = 0; d < n_digits; ++d) {
      before_low += std::exchange(low[d], before_low);
      before_high += std::exchange(high[d], before_high);
    }
    for (const Key key : keys) other_[low[SortKey<Key>::rank(key) & 255]++] = key;
    for (const Key key : std::span(other_).first(keys.size())) keys[high[SortKey<Key>::rank(key) >> 8]++] = key;
  }

  std::vector<Key> keys_;
  std::vector<Key> other_;
};

}  // namespace thrum::forest
