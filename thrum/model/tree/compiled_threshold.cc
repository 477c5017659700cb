#include "thrum/model/tree/compiled_threshold_internal.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace thrum {
namespace {

/// The largest float that is not above x.
float floor_float(double x) noexcept {
  const float nearest = static_cast<float>(x);
  return static_cast<double>(nearest) > x ? std::nextafterf(nearest, -HUGE_VALF) : nearest;
}

/// The float after x, or what would be the next one if there were more.
double next_float(float x) noexcept {
  return x == std::numeric_limits<float>::max() ? 0x1p128 : static_cast<double>(std::nextafterf(x, HUGE_VALF));
}

bool is_even(float x) noexcept {
  return std::bit_cast<std::uint32_t>(x) % 2 == 0;
}

}  // namespace

double compiled_threshold(const TreeNode& node, const TreeEnsemble& ensemble) noexcept {
  if (!ensemble.float_inputs) return node.threshold;
  const float last = floor_float(node.threshold);
  if (std::isinf(last)) return -(0x1p128 - 0x1p103);  // what is rounded to no float any more
  const double below = static_cast<double>(last);
  const double middle = below + (next_float(last) - below) / 2;
  return is_even(last) ? middle : std::nextafter(middle, -HUGE_VAL);
}

}  // namespace thrum
