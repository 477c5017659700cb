#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace thrum {

/// The gradient and hessian of one row as whole numbers, g * 2^16 + h, with |g| and h at most 32767.
using RowGradient = std::int32_t;

/// The sums of them over rows, g * 2^32 + h, which one addition forms. As |g| and h stay below 2^31 (see GradientGrid),
/// h never borrows from g, and sums and differences are exact in any order.
using GradientSum = std::int64_t;

constexpr GradientSum widen(RowGradient row) {
  // h is not negative, so that the arithmetic shift gives g and the low half gives h.
  return (static_cast<GradientSum>(row >> 16) << 32) + (row & 0xffff);
}
constexpr std::int32_t gradient_of(GradientSum sum) {
  return static_cast<std::int32_t>(sum >> 32);
}
constexpr std::int32_t hessian_of(GradientSum sum) {
  return static_cast<std::int32_t>(sum & 0xffffffff);
}

/// The units in which gradients and hessians are counted: powers of two, so that scaling is exact.
///
/// Proof that sums do not overflow: with n rows, limit = min(32767, (2^31 - 1) / n), and numbers are held within
/// limit - 1 units. Rounding to one of the two neighbours moves a number by less than 1, so that every
/// rounded |g| is at most `limit`, and the sum of n of them at most n * limit <= 2^31 - 1. The same holds for h, which
/// is not negative.
struct GradientGrid {
  double g_unit = 1;
  double h_unit = 1;
  std::int32_t steps = 32766;  ///< numbers beyond so many units count as if they were there

  /// The largest whole number for one of `n_rows` rows of all ranks. REQUIRES: n_rows <= max_rows.
  static std::int32_t limit(std::size_t n_rows);
  static constexpr std::size_t max_rows = std::size_t{1} << 29;

  /// For gradients up to `max_g` in magnitude and hessians up to `max_h`, both finite.
  static GradientGrid of(double max_g, double max_h, std::size_t n_rows);
};

/// What some gradients and hessians are like.
struct GradientExtent {
  double max_g = 0;  ///< of the magnitudes
  double max_h = 0;
  double sum_of_squares = 0;  ///< of g
  double sum_h = 0;
};
/// Equal sizes. Sums are formed in a fixed order; one that is not finite tells of a number that is not.
GradientExtent measure_gradients(std::span<const float> g, std::span<const float> h);

/// How the rows of one tree are rounded: upwards with the probability that makes the expected value right, drawn from
/// the global row alone.
struct GradientRounding {
  GradientGrid grid;
  std::uint64_t seed = 0;  ///< of the tree
  std::size_t first_row = 0;
};

/// out[i]: row first_row + i, with gradient g[i] and hessian h[i] >= 0. Equal sizes.
void round_gradients(const GradientRounding& rounding, std::span<const float> g, std::span<const float> h,
                     std::span<RowGradient> out);

}  // namespace thrum
