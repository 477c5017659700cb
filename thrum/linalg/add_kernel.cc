#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/linalg/add_kernel.cc"
#include <algorithm>
#include <cstdint>

#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "thrum/linalg/add_kernel_internal.h"

HWY_BEFORE_NAMESPACE();
namespace thrum::linalg {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void add_elements(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, T* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) c[i] = a[i] + b[i];
}

/// Streaming stores go to whole vectors at aligned places only.
template <class T>
void stream_elements(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, T* c, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t past = reinterpret_cast<std::uintptr_t>(c) / sizeof(T) % lanes;
  const std::size_t head = std::min(n, past == 0 ? 0 : lanes - past);
  add_elements(a, b, c, head);
  std::size_t i = head;
  for (; i + lanes <= n; i += lanes) hn::Stream(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, c + i);
  add_elements(a + i, b + i, c + i, n - i);
}

template <class T>
void add_or_stream(const T* a, const T* b, T* c, std::size_t n, bool past_caches) {
  (past_caches ? stream_elements<T> : add_elements<T>)(a, b, c, n);
}

void add_f32(const float* a, const float* b, float* c, std::size_t n, bool past_caches) {
  add_or_stream(a, b, c, n, past_caches);
}
void add_f64(const double* a, const double* b, double* c, std::size_t n, bool past_caches) {
  add_or_stream(a, b, c, n, past_caches);
}

}  // namespace HWY_NAMESPACE
}  // namespace thrum::linalg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::linalg {

HWY_EXPORT(add_f32);
HWY_EXPORT(add_f64);

void add_row(const float* a, const float* b, float* c, std::size_t n, bool past_caches) noexcept {
  HWY_DYNAMIC_DISPATCH(add_f32)(a, b, c, n, past_caches);
}

void add_row(const double* a, const double* b, double* c, std::size_t n, bool past_caches) noexcept {
  HWY_DYNAMIC_DISPATCH(add_f64)(a, b, c, n, past_caches);
}

}  // namespace thrum::linalg
#endif
