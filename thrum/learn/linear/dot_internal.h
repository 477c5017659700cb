#pragma once

#include <array>
#include <cstddef>
#include <numeric>
#include <span>

namespace thrum {

/// The sum of a[i] b[i], as eight sums side by side, which the compiler makes vectors of.
inline double dot(std::span<const double> a, std::span<const double> b) noexcept {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) sums[l] += a[i + l] * b[i + l];
  }
  for (std::size_t l = 0; i < a.size(); ++i, ++l) sums[l] += a[i] * b[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace thrum
