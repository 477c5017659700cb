#pragma once

#include <cstdint>
#include <span>

namespace thrum {

/// A sum of doubles that does not depend on their order: integers on a fixed grid of 32-bit limbs, of which the four
/// from the largest summand downwards are kept. Every summand loses less than 2^-96 of the largest one, at the same
/// place whatever the order. For up to 2^31 summands. Not thread-safe.
///
/// After R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015, and J. Demmel and
/// H. D. Nguyen, "Parallel reproducible summation", 2015 (a window on a fixed grid).
class ExactSum {
 public:
  static constexpr int n_limbs = 4;

  void add(double x) noexcept;

  /// The sum, rounded to double; infinite when it is too large; NaN when a summand was infinite or NaN.
  double value() const noexcept;

  /// What adds up over ranks: once all of them have raised theirs to the largest top, the limbs are plain integers.
  std::int32_t top() const noexcept { return top_; }
  /// REQUIRES: top >= this->top().
  void raise(std::int32_t top) noexcept;
  std::span<std::int64_t, n_limbs> limbs() noexcept { return limbs_; }

 private:
  std::int64_t limbs_[n_limbs] = {};  ///< limbs_[i] counts units of 2^(32 (top_ - i) - 1074)
  std::int32_t top_ = 0;              ///< the grid place of limbs_[0]
};

}  // namespace thrum
