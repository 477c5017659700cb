#include "thrum/comm/exact_sum.h"

#include <bit>
#include <cmath>
#include <limits>

#include "thrum/core/assert.h"

namespace thrum {
namespace {

constexpr int limb_bits = 32;
constexpr std::uint64_t limb_mask = 0xffffffff;
constexpr std::int32_t not_finite = std::numeric_limits<std::int32_t>::max();  // a top that nothing exceeds

__extension__ typedef __int128 Int128;

}  // namespace

void ExactSum::add(double x) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto exponent = static_cast<int>(bits >> 52 & 0x7ff);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  if (exponent == 0x7ff) return raise(not_finite);
  // |x| = mantissa * 2^(place - 1074)
  const std::uint64_t mantissa = exponent == 0 ? fraction : fraction | std::uint64_t{1} << 52;
  if (mantissa == 0) return;
  const int place = exponent == 0 ? 0 : exponent - 1;
  const std::int32_t top = (place + 52) / limb_bits;
  if (top > top_) raise(top);

  const int shift = place % limb_bits;
  const std::uint64_t low = mantissa << shift;
  const std::uint64_t high = shift == 0 ? 0 : mantissa >> (64 - shift);
  const std::uint64_t pieces[3] = {low & limb_mask, low >> limb_bits, high};
  const std::int64_t sign = bits >> 63 != 0 ? -1 : 1;
  const std::int32_t lowest = top_ - place / limb_bits;  // where pieces[0] goes; may lie below the window
  for (int i = 0; i < 3; ++i) {
    const std::int32_t limb = lowest - i;
    if (limb >= 0 && limb < n_limbs) limbs_[limb] += sign * static_cast<std::int64_t>(pieces[i]);
  }
}

void ExactSum::raise(std::int32_t top) noexcept {
  THRUM_ASSERT(top >= top_);
  const std::int32_t distance = top - top_;
  for (int i = n_limbs - 1; i >= 0; --i) limbs_[i] = i >= distance ? limbs_[i - distance] : 0;
  top_ = top;
}

double ExactSum::value() const noexcept {
  if (top_ == not_finite) return std::numeric_limits<double>::quiet_NaN();
  Int128 carry = 0;
  std::uint64_t digits[n_limbs];
  for (int i = n_limbs - 1; i > 0; --i) {
    carry += limbs_[i];
    digits[i] = static_cast<std::uint64_t>(carry) & limb_mask;
    carry >>= limb_bits;
  }
  Int128 high = (carry + limbs_[0]) * (limb_mask + 1) + digits[1];
  std::uint64_t low = digits[2] << limb_bits | digits[3];
  // The magnitude is rounded: beside high = -1, the rounding of `low` would swallow a small sum.
  const bool negative = high < 0;
  if (negative) {
    high = -high - (low != 0);
    low = -low;
  }
  const int unit = limb_bits * (top_ - n_limbs + 1) - 1074;
  const double magnitude =
      std::ldexp(static_cast<double>(high), unit + 64) + std::ldexp(static_cast<double>(low), unit);
  return negative ? -magnitude : magnitude;
}

}  // namespace thrum
