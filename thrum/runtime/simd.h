#pragma once

#include <string>
#include <vector>

namespace thrum {

/// The instruction sets that kernels can be run with here, best first, such as {"AVX3_DL", "AVX3", "AVX2", "SSE4"}.
/// Names are Highway's.
std::vector<std::string> simd_levels();

/// The one that kernels use: simd_levels().front().
std::string simd_level();

/// Kernels use `level` at most from now on: results are the same to the last bit only at one level. To be called before
/// the first kernel runs. Throws invalid_argument when this machine has no such level.
void pin_simd_level(const std::string& level);

}  // namespace thrum
