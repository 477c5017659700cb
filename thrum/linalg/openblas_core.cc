#include <hwy/targets.h>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

#include "thrum/linalg/blas_internal.h"

namespace thrum::linalg {

#if HWY_ARCH_X86
namespace {

/// AMD's Zen 4 has AVX-512 in halves; from family 1Ah (Zen 5) on there may be full width.
bool is_amd_before_zen5() noexcept {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0 || ebx != signature_AMD_ebx) return false;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
  const unsigned family = ((eax >> 8) & 0xf) + ((eax >> 20) & 0xff);
  return family < 0x1a;
}

}  // namespace

CpuFeatures cpu_features() noexcept {
  const auto targets = hwy::SupportedTargets();
  return {.avx3 = (targets & HWY_AVX3) != 0,
          .avx2 = (targets & HWY_AVX2) != 0,
          .sse4 = (targets & HWY_SSE4) != 0,
          .halves_512_bit = is_amd_before_zen5()};
}
#else
CpuFeatures cpu_features() noexcept {
  return {};
}
#endif

std::string openblas_core(const CpuFeatures& cpu) {
  if (cpu.avx3 && !cpu.halves_512_bit) return "SKYLAKEX";
  if (cpu.avx2) return "HASWELL";
  if (cpu.sse4) return "NEHALEM";
  return "";
}

}  // namespace thrum::linalg
