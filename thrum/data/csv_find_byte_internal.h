// Included by sources of kernels once for each target.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::csv::HWY_NAMESPACE {

/// A bit for each of the 64 bytes at `p` that is `c`.
HWY_INLINE std::uint64_t find_byte(const char* p, char c) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::uint8_t> bytes;
  const auto wanted = hn::Set(bytes, static_cast<std::uint8_t>(c));
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < 64; i += hn::Lanes(bytes)) {
    std::array<std::uint8_t, 8> bits = {};
    const auto text = hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(p) + i);
    hn::StoreMaskBits(bytes, hn::Eq(text, wanted), bits.data());
    found |= std::bit_cast<std::uint64_t>(bits) << i;
  }
  return found;
}

}  // namespace thrum::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
