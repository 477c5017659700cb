#pragma once

#include <cstdint>

namespace thrum {

/// 64 well mixed bits of a key (SplitMix64's finaliser); for draws that need no more than that, by the million.
constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

/// The key of number `index` in the stream `key`.
constexpr std::uint64_t derived_key(std::uint64_t key, std::uint64_t index) {
  return mix_bits(key + 0x9e3779b97f4a7c15u * (index + 1));
}

/// Uniform in [0, 1).
constexpr double unit_draw(std::uint64_t key, std::uint64_t index) {
  return static_cast<double>(derived_key(key, index) >> 11) * 0x1.0p-53;
}

}  // namespace thrum
