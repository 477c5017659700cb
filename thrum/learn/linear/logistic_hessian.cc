#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <vector>

#include "thrum/learn/linear/logistic_hessian_internal.h"

// Vectors are kept in arrays, which types without a fixed size do not allow.
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

/// Columns of X that a step multiplies with each other, 4 x 4 sums at a time: these fill the registers of AVX2, and
/// each vector that is loaded serves four products.
constexpr std::size_t side = 4;

template <class T>
class Hessian {
 public:
  Hessian(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients)
      : rows_(rows),
        coefficients_(coefficients),
        curvature_(hwy::AllocateAligned<T>(rows.n_tiles * rows.tile_rows)),
        ones_(hwy::AllocateAligned<T>(rows.tile_rows)) {
    std::fill_n(ones_.get(), rows.tile_rows, T{1});
  }

  void run(std::span<double> sums) {
    for (std::size_t t = 0; t < rows_.n_tiles; ++t) weigh(t);
    const std::size_t n = rows_.n_columns + 1;
    for (std::size_t i = 0; i < n; i += side) {
      for (std::size_t j = 0; j <= i; j += side) add_products(i, j, sums);
    }
  }

 private:
  static constexpr hn::ScalableTag<T> d{};

  const T* tile(std::size_t t) const { return rows_.x + t * rows_.tile_rows * rows_.n_columns; }

  /// curvature_ = s p (1 - p) of the rows of tile t.
  void weigh(std::size_t t) {
    const T* HWY_RESTRICT x = tile(t);
    for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
      auto z = hn::Set(d, coefficients_.b[0]);
      for (std::size_t j = 0; j < rows_.n_columns; ++j) {
        z = hn::MulAdd(hn::Set(d, coefficients_.w[j]), hn::Load(d, x + j * rows_.tile_rows + r), z);
      }
      const auto s = hn::Abs(hn::Load(d, rows_.weights + t * rows_.tile_rows + r));
      const auto e = hn::Exp(d, hn::Neg(hn::Min(hn::Abs(z), hn::Set(d, T{1000}))));
      const auto one_plus = hn::Add(hn::Set(d, T{1}), e);
      hn::Store(hn::Div(hn::Mul(s, e), hn::Mul(one_plus, one_plus)), d, curvature_.get() + t * rows_.tile_rows + r);
    }
  }

  /// Column j of tile t; the last one is the intercept's. Beyond it there is none, and any will do.
  const T* column(std::size_t t, std::size_t j) const {
    return j < rows_.n_columns ? tile(t) + j * rows_.tile_rows : ones_.get();
  }

  void add_products(std::size_t first_i, std::size_t first_j, std::span<double> sums) const {
    hn::Vec<hn::ScalableTag<T>> products[side][side];
    for (auto& row : products) {
      for (auto& product : row) product = hn::Zero(d);
    }
    for (std::size_t t = 0; t < rows_.n_tiles; ++t) {
      const T* xi[side];
      const T* xj[side];
      for (std::size_t k = 0; k < side; ++k) {
        xi[k] = column(t, first_i + k);
        xj[k] = column(t, first_j + k);
      }
      for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
        const auto c = hn::Load(d, curvature_.get() + t * rows_.tile_rows + r);
        hn::Vec<hn::ScalableTag<T>> weighted[side];
        for (std::size_t k = 0; k < side; ++k) weighted[k] = hn::Mul(c, hn::Load(d, xi[k] + r));
        for (std::size_t l = 0; l < side; ++l) {
          const auto x = hn::Load(d, xj[l] + r);
          for (std::size_t k = 0; k < side; ++k) products[k][l] = hn::MulAdd(weighted[k], x, products[k][l]);
        }
      }
    }
    const std::size_t n = rows_.n_columns + 1;
    for (std::size_t k = 0; k < side && first_i + k < n; ++k) {
      for (std::size_t l = 0; l < side && first_j + l <= first_i + k; ++l) {
        const double sum = static_cast<double>(hn::GetLane(hn::SumOfLanes(d, products[k][l])));
        sums[(first_i + k) * n + first_j + l] += sum;
      }
    }
  }

  const LogisticRows<T>& rows_;
  const LogisticCoefficients<T>& coefficients_;
  hwy::AlignedFreeUniquePtr<T[]> curvature_;
  hwy::AlignedFreeUniquePtr<T[]> ones_;
};

void add_hessian_f32(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                     std::span<double> sums) {
  Hessian<float>(rows, coefficients).run(sums);
}
void add_hessian_f64(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                     std::span<double> sums) {
  Hessian<double>(rows, coefficients).run(sums);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(add_hessian_f32);
HWY_EXPORT(add_hessian_f64);

void add_logistic_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                          std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_hessian_f32)(rows, coefficients, sums);
}

void add_logistic_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                          std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_hessian_f64)(rows, coefficients, sums);
}

}  // namespace thrum
#endif
