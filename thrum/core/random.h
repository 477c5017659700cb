#pragma once

#include <array>
#include <cstdint>

namespace thrum {

/// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// The number at (seed, stream, index) depends on nothing else, so any thread may draw it, in any order. Immutable.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// The 128 bits at `index`.
  std::array<std::uint32_t, 4> bits(std::uint64_t index) const noexcept;

  /// Uniform in [0, 1), 53 bits.
  double uniform(std::uint64_t index) const noexcept;

  /// Uniform integer in [0, n). REQUIRES: n > 0. Bias below n / 2^64.
  std::uint64_t below(std::uint64_t index, std::uint64_t n) const noexcept;

  /// Standard normal (Box-Muller; one number per index).
  double normal(std::uint64_t index) const noexcept;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace thrum
