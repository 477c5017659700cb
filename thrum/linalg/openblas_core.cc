#include <hwy/targets.h>

#include "thrum/linalg/blas_internal.h"

namespace thrum::linalg {

CpuFeatures cpu_features() noexcept {
#if HWY_ARCH_X86
  const auto targets = hwy::SupportedTargets();
  return {.avx3 = (targets & HWY_AVX3) != 0, .avx2 = (targets & HWY_AVX2) != 0, .sse4 = (targets & HWY_SSE4) != 0};
#else
  return {};
#endif
}

std::string openblas_core(const CpuFeatures& cpu) {
  if (cpu.avx3) return "SKYLAKEX";
  if (cpu.avx2) return "HASWELL";
  if (cpu.sse4) return "NEHALEM";
  return "";
}

}  // namespace thrum::linalg
