#pragma once

#include <cstdint>
#include <span>

namespace thrum {

/// bfloat16 is the upper half of a float: its range, and 8 significant bits.

/// To the nearest, of two as near the even one; infinity where it is beyond the range.
void round_to_bfloat16(std::span<float> values);
/// Of values that are rounded already. `out`: as many.
void narrow_to_bfloat16(std::span<const float> values, std::uint16_t* out);
/// in: as many as `out` takes.
void widen_bfloat16(const std::uint16_t* in, std::span<float> out);

}  // namespace thrum
