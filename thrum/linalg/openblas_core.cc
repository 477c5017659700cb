#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "thrum/linalg/blas_internal.h"

namespace thrum::linalg {

#if defined(__x86_64__)
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
  CpuFeatures cpu;
  cpu.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  cpu.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  cpu.avx = __builtin_cpu_supports("avx");
  cpu.halves_512_bit = is_amd_before_zen5();
  return cpu;
}
#else
CpuFeatures cpu_features() noexcept {
  return {};
}
#endif

std::string openblas_core(const CpuFeatures& cpu) {
  if (cpu.avx512 && !cpu.halves_512_bit) return "SKYLAKEX";
  if (cpu.avx2_fma) return "HASWELL";
  if (cpu.avx) return "SANDYBRIDGE";
  return "";
}

}  // namespace thrum::linalg
