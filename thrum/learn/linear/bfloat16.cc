#include "thrum/learn/linear/bfloat16_internal.h"

#include <bit>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/linear/bfloat16.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {

// The compiler makes vectors of the loops.

void round_in_place(std::span<float> values) {
  for (float& value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    value = std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
  }
}

void narrow(std::span<const float> values, std::uint16_t* HWY_RESTRICT out) {
  const float* HWY_RESTRICT in = values.data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(in[i]) >> 16);
  }
}

void widen(const std::uint16_t* HWY_RESTRICT in, std::span<float> values) {
  float* HWY_RESTRICT out = values.data();
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = std::bit_cast<float>(std::uint32_t{in[i]} << 16);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(round_in_place);
HWY_EXPORT(narrow);
HWY_EXPORT(widen);

void round_to_bfloat16(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(round_in_place)(values);
}

void narrow_to_bfloat16(std::span<const float> values, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(narrow)(values, out);
}

void widen_bfloat16(const std::uint16_t* in, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(widen)(in, out);
}

}  // namespace thrum
#endif
