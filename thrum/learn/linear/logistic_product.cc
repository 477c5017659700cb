#include <hwy/aligned_allocator.h>

#include "thrum/learn/linear/logistic_product_internal.h"

// As for the kernels beside it, whose padding and bits it shares.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/linear/logistic_product.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
class Product {
 public:
  Product(const LogisticRows<T>& rows, std::size_t n_outputs)
      : rows_(rows),
        n_outputs_(n_outputs),
        z_(hwy::AllocateAligned<T>(n_outputs * rows.tile_rows)),
        u_(hwy::AllocateAligned<T>(n_outputs * rows.tile_rows)) {}

  void add_tile(std::size_t t, const LogisticCoefficients<T>& at, const LogisticCoefficients<T>& direction,
                std::span<double> sums) {
    const T* x = rows_.x + t * rows_.tile_rows * rows_.n_columns;
    margins(x, at, z_.get());
    margins(x, direction, u_.get());
    for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
      const auto s = hn::Abs(hn::Load(d, rows_.weights + t * rows_.tile_rows + r));
      if (n_outputs_ == 1) {
        hn::Store(hn::Mul(hn::Load(d, u_.get() + r), curvature(t * rows_.tile_rows + r, s, hn::Load(d, z_.get() + r))),
                  d, u_.get() + r);
      } else {
        mix(r, s);
      }
    }
    for (std::size_t k = 0; k < n_outputs_; ++k) add_output(x, k, sums);
  }

 private:
  static constexpr hn::ScalableTag<T> d{};
  using Vec = hn::Vec<hn::ScalableTag<T>>;

  void margins(const T* HWY_RESTRICT x, const LogisticCoefficients<T>& c, T* HWY_RESTRICT out) const {
    for (std::size_t k = 0; k < n_outputs_; ++k) {
      for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
        auto z = hn::Set(d, c.b[k]);
        for (std::size_t j = 0; j < rows_.n_columns; ++j) {
          z = hn::MulAdd(hn::Set(d, c.w[k * rows_.n_columns + j]), hn::Load(d, x + j * rows_.tile_rows + r), z);
        }
        hn::Store(z, d, out + k * rows_.tile_rows + r);
      }
    }
  }

  /// s l'' of one output.
  Vec curvature(std::size_t row, Vec s, Vec z) const {
    if (rows_.loss == RowLoss::logistic) {
      const auto e = hn::Exp(d, hn::Neg(hn::Min(hn::Abs(z), hn::Set(d, T{1000}))));
      const auto one_plus = hn::Add(hn::Set(d, T{1}), e);
      return hn::Div(hn::Mul(s, e), hn::Mul(one_plus, one_plus));
    }
    constexpr T highest = sizeof(T) == 4 ? T{88} : T{706};  // as far as exp goes
    const bool is_poisson = rows_.loss == RowLoss::poisson;
    const auto e = hn::Exp(d, hn::Clamp(is_poisson ? z : hn::Neg(z), hn::Set(d, T{-1000}), hn::Set(d, highest)));
    return hn::Mul(s, is_poisson ? e : hn::Mul(hn::Load(d, rows_.labels + row), e));
  }

  /// u_k becomes s p_k (u_k - sum_l p_l u_l), for one vector of rows.
  void mix(std::size_t r, Vec s) {
    Vec largest = hn::Load(d, z_.get() + r);
    for (std::size_t k = 1; k < n_outputs_; ++k)
      largest = hn::Max(largest, hn::Load(d, z_.get() + k * rows_.tile_rows + r));
    Vec total = hn::Zero(d);
    Vec mean = hn::Zero(d);
    for (std::size_t k = 0; k < n_outputs_; ++k) {
      T* z = z_.get() + k * rows_.tile_rows + r;
      const auto e = hn::Exp(d, hn::Max(hn::Sub(hn::Load(d, z), largest), hn::Set(d, T{-1000})));
      total = hn::Add(total, e);
      mean = hn::MulAdd(e, hn::Load(d, u_.get() + k * rows_.tile_rows + r), mean);
      hn::Store(e, d, z);
    }
    mean = hn::Div(mean, total);
    const auto scale = hn::Div(s, total);
    for (std::size_t k = 0; k < n_outputs_; ++k) {
      T* u = u_.get() + k * rows_.tile_rows + r;
      const auto p = hn::Mul(scale, hn::Load(d, z_.get() + k * rows_.tile_rows + r));
      hn::Store(hn::Mul(p, hn::Sub(hn::Load(d, u), mean)), d, u);
    }
  }

  void add_output(const T* HWY_RESTRICT x, std::size_t k, std::span<double> sums) const {
    const T* HWY_RESTRICT u = u_.get() + k * rows_.tile_rows;
    for (std::size_t j = 0; j <= rows_.n_columns; ++j) {
      auto sum = hn::Zero(d);
      for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
        const auto ur = hn::Load(d, u + r);
        sum = j == rows_.n_columns ? hn::Add(sum, ur) : hn::MulAdd(ur, hn::Load(d, x + j * rows_.tile_rows + r), sum);
      }
      const std::size_t place = j == rows_.n_columns ? n_outputs_ * rows_.n_columns + k : k * rows_.n_columns + j;
      sums[place] += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
    }
  }

  const LogisticRows<T>& rows_;
  std::size_t n_outputs_;
  hwy::AlignedFreeUniquePtr<T[]> z_;
  hwy::AlignedFreeUniquePtr<T[]> u_;
};

template <class T>
void add_product(const LogisticRows<T>& rows, const LogisticCoefficients<T>& at,
                 const LogisticCoefficients<T>& direction, std::span<double> sums) {
  Product<T> product(rows, at.n_outputs);
  for (std::size_t t = 0; t < rows.n_tiles; ++t) product.add_tile(t, at, direction, sums);
}

void add_product_f32(const LogisticRows<float>& rows, const LogisticCoefficients<float>& at,
                     const LogisticCoefficients<float>& direction, std::span<double> sums) {
  add_product(rows, at, direction, sums);
}
void add_product_f64(const LogisticRows<double>& rows, const LogisticCoefficients<double>& at,
                     const LogisticCoefficients<double>& direction, std::span<double> sums) {
  add_product(rows, at, direction, sums);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(add_product_f32);
HWY_EXPORT(add_product_f64);

void add_logistic_product(const LogisticRows<float>& rows, const LogisticCoefficients<float>& at,
                          const LogisticCoefficients<float>& direction, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_product_f32)(rows, at, direction, sums);
}

void add_logistic_product(const LogisticRows<double>& rows, const LogisticCoefficients<double>& at,
                          const LogisticCoefficients<double>& direction, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_product_f64)(rows, at, direction, sums);
}

}  // namespace thrum
#endif
