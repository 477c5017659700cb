#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
    constexpr std::size_t few = 96;
    if (keys.size() <= few) {
      insert(keys);
    } else {
      by_digits(keys);
    }
  }

 private:
  static void insert(std::span<Key> keys) noexcept {
    for (std::size_t i = 1; i < keys.size(); ++i) {
      const Key key = keys[i];
      std::size_t j = i;
      for (; j > 0 && SortKey<Key>::rank(keys[j - 1]) > SortKey<Key>::rank(key); --j) keys[j] = keys[j - 1];
      keys[j] = key;
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
