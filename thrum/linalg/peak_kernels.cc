#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/linalg/peak_kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "thrum/linalg/peak_kernels_internal.h"

HWY_BEFORE_NAMESPACE();
namespace thrum::linalg {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Twelve chains hide the latency of five cycles at two multiply-adds per cycle, and fit into the 16 registers of AVX2
/// beside the two operands. They differ from the start, or the compiler would
/// compute equal ones once.
template <class T>
FmaRun multiply_add(std::size_t rounds, T factor, T term) {
  const hn::ScalableTag<T> d;
  const auto a = hn::Set(d, factor), b = hn::Set(d, term);
  const auto start = [d](int value) { return hn::Set(d, static_cast<T>(value)); };
  auto c0 = start(0), c1 = start(1), c2 = start(2), c3 = start(3), c4 = start(4), c5 = start(5);
  auto c6 = start(6), c7 = start(7), c8 = start(8), c9 = start(9), c10 = start(10), c11 = start(11);
  for (std::size_t i = 0; i < rounds; ++i) {
    c0 = hn::MulAdd(c0, a, b);
    c1 = hn::MulAdd(c1, a, b);
    c2 = hn::MulAdd(c2, a, b);
    c3 = hn::MulAdd(c3, a, b);
    c4 = hn::MulAdd(c4, a, b);
    c5 = hn::MulAdd(c5, a, b);
    c6 = hn::MulAdd(c6, a, b);
    c7 = hn::MulAdd(c7, a, b);
    c8 = hn::MulAdd(c8, a, b);
    c9 = hn::MulAdd(c9, a, b);
    c10 = hn::MulAdd(c10, a, b);
    c11 = hn::MulAdd(c11, a, b);
  }
  const auto low = hn::Add(hn::Add(hn::Add(c0, c1), hn::Add(c2, c3)), hn::Add(c4, c5));
  const auto high = hn::Add(hn::Add(hn::Add(c6, c7), hn::Add(c8, c9)), hn::Add(c10, c11));
  const auto sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
  return {2.0 * 12 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds), static_cast<double>(sum)};
}

FmaRun multiply_add_f32(std::size_t rounds, float factor, float term) {
  return multiply_add(rounds, factor, term);
}
FmaRun multiply_add_f64(std::size_t rounds, double factor, double term) {
  return multiply_add(rounds, factor, term);
}

std::uint64_t sum_words(const std::uint64_t* words, std::size_t n) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::Add(s0, hn::LoadU(d, words + i));
    s1 = hn::Add(s1, hn::LoadU(d, words + i + lanes));
    s2 = hn::Add(s2, hn::LoadU(d, words + i + 2 * lanes));
    s3 = hn::Add(s3, hn::LoadU(d, words + i + 3 * lanes));
  }
  std::uint64_t sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += words[i];
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace thrum::linalg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::linalg {

HWY_EXPORT(multiply_add_f32);
HWY_EXPORT(multiply_add_f64);
HWY_EXPORT(sum_words);

FmaRun run_fma(std::size_t rounds, float factor, float term) {
  return HWY_DYNAMIC_DISPATCH(multiply_add_f32)(rounds, factor, term);
}

FmaRun run_fma(std::size_t rounds, double factor, double term) {
  return HWY_DYNAMIC_DISPATCH(multiply_add_f64)(rounds, factor, term);
}

std::uint64_t read_all(std::span<const std::uint64_t> words) {
  return HWY_DYNAMIC_DISPATCH(sum_words)(words.data(), words.size());
}

}  // namespace thrum::linalg
#endif
