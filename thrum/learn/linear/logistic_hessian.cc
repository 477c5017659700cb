#include <hwy/aligned_allocator.h>

#include <algorithm>

#include "thrum/learn/linear/gram_kernel_internal.h"
#include "thrum/learn/linear/logistic_hessian_internal.h"

// As for the kernels beside it, whose padding and bits it shares.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/linear/logistic_hessian.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// s l'' of each row at its margin.
template <class T>
HWY_INLINE auto curvature_at(RowLoss loss, hn::Vec<hn::ScalableTag<T>> z, hn::Vec<hn::ScalableTag<T>> weight,
                             const T* y) {
  const hn::ScalableTag<T> d;
  const auto s = hn::Abs(weight);
  if (loss == RowLoss::logistic) {
    const auto e = hn::Exp(d, hn::Neg(hn::Min(hn::Abs(z), hn::Set(d, T{1000}))));
    const auto one_plus = hn::Add(hn::Set(d, T{1}), e);
    return hn::Div(hn::Mul(s, e), hn::Mul(one_plus, one_plus));
  }
  constexpr T highest = sizeof(T) == 4 ? T{88} : T{706};  // as far as exp goes
  const auto power = loss == RowLoss::poisson ? z : hn::Neg(z);
  const auto e = hn::Exp(d, hn::Clamp(power, hn::Set(d, T{-1000}), hn::Set(d, highest)));
  return hn::Mul(s, loss == RowLoss::poisson ? e : hn::Mul(hn::Load(d, y), e));
}

/// curvature = s l'' of each row; of two classes s p (1 - p).
template <class T>
void weigh(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients, T* HWY_RESTRICT curvature) {
  const hn::ScalableTag<T> d;
  for (std::size_t t = 0; t < rows.n_tiles; ++t) {
    const T* HWY_RESTRICT x = rows.x + t * rows.tile_rows * rows.n_columns;
    for (std::size_t r = 0; r < rows.tile_rows; r += hn::Lanes(d)) {
      auto z = hn::Set(d, coefficients.b[0]);
      for (std::size_t j = 0; j < rows.n_columns; ++j) {
        z = hn::MulAdd(hn::Set(d, coefficients.w[j]), hn::Load(d, x + j * rows.tile_rows + r), z);
      }
      const std::size_t row = t * rows.tile_rows + r;
      const auto weight = hn::Load(d, rows.weights + row);
      const T* y = rows.loss == RowLoss::logistic ? nullptr : rows.labels + row;
      hn::Store(curvature_at<T>(rows.loss, z, weight, y), d, curvature + row);
    }
  }
}

void weigh_f32(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients, float* curvature) {
  weigh(rows, coefficients, curvature);
}
void weigh_f64(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients, double* curvature) {
  weigh(rows, coefficients, curvature);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(weigh_f32);
HWY_EXPORT(weigh_f64);

namespace {

void weigh(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients, float* curvature) {
  HWY_DYNAMIC_DISPATCH(weigh_f32)(rows, coefficients, curvature);
}

void weigh(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients, double* curvature) {
  HWY_DYNAMIC_DISPATCH(weigh_f64)(rows, coefficients, curvature);
}

/// Some columns of each tile, to (n_tiles, columns.size(), tile_rows).
template <class T>
hwy::AlignedFreeUniquePtr<T[]> gather_columns(const LogisticRows<T>& rows, std::span<const std::size_t> columns) {
  auto gathered = hwy::AllocateAligned<T>(rows.n_tiles * columns.size() * rows.tile_rows);
  T* next = gathered.get();
  for (std::size_t t = 0; t < rows.n_tiles; ++t) {
    for (const std::size_t j : columns) {
      next = std::copy_n(rows.x + (t * rows.n_columns + j) * rows.tile_rows, rows.tile_rows, next);
    }
  }
  return gathered;
}

template <class T>
void add_hessian(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients,
                 std::span<const std::size_t> columns, std::span<double> sums) {
  const auto curvature = hwy::AllocateAligned<T>(rows.n_tiles * rows.tile_rows);
  weigh(rows, coefficients, curvature.get());
  GramRows<T> chosen{rows.x, curvature.get(), nullptr, rows.n_tiles, rows.tile_rows, columns.size()};
  hwy::AlignedFreeUniquePtr<T[]> gathered;
  if (columns.size() < rows.n_columns) {
    gathered = gather_columns(rows, columns);
    chosen.x = gathered.get();
  }
  add_gram(chosen, sums);
}

}  // namespace

void add_logistic_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                          std::span<const std::size_t> columns, std::span<double> sums) {
  add_hessian(rows, coefficients, columns, sums);
}

void add_logistic_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                          std::span<const std::size_t> columns, std::span<double> sums) {
  add_hessian(rows, coefficients, columns, sums);
}

}  // namespace thrum
#endif
