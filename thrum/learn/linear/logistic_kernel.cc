#include "thrum/learn/linear/logistic_kernel_internal.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <vector>

// Vectors are kept in arrays, which types without a fixed size do not allow.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/linear/logistic_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Vec = hn::Vec<hn::ScalableTag<T>>;

/// exp(x) for x <= 0, and 0 where x is not a number: what is far below the range must not reach a conversion to int.
template <class T>
HWY_INLINE Vec<T> exp_of_negative(Vec<T> x) {
  const hn::ScalableTag<T> d;
  const Vec<T> lowest = hn::Set(d, T{-1000});
  return hn::Exp(d, hn::IfThenElse(hn::Ge(x, lowest), x, lowest));
}

/// Sums in double, one per lane, that are added up at the end of the rows.
class LaneSums {
 public:
  explicit LaneSums(std::size_t n) : n_(n), lanes_(hwy::AllocateAligned<double>(n * hn::Lanes(d64))) {
    std::fill_n(lanes_.get(), n * hn::Lanes(d64), 0.0);
  }

  HWY_INLINE void add(std::size_t i, Vec<double> v) {
    double* HWY_RESTRICT p = lanes_.get() + i * hn::Lanes(d64);
    hn::Store(hn::Add(hn::Load(d64, p), v), d64, p);
  }
  HWY_INLINE void add(std::size_t i, Vec<float> v) {
#if HWY_TARGET == HWY_SCALAR
    add(i, hn::PromoteTo(d64, v));
#else
    const hn::Half<hn::ScalableTag<float>> half;
    add(i, hn::Add(hn::PromoteTo(d64, hn::LowerHalf(half, v)), hn::PromoteTo(d64, hn::UpperHalf(half, v))));
#endif
  }

  void add_to(std::span<double> sums) const {
    const std::size_t n_lanes = hn::Lanes(d64);
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t l = 0; l < n_lanes; ++l) sums[i] += lanes_[i * n_lanes + l];
    }
  }

 private:
  static constexpr hn::ScalableTag<double> d64{};
  std::size_t n_;
  hwy::AlignedFreeUniquePtr<double[]> lanes_;
};

/// Two classes: U vectors of rows at a time, whose margins and residuals stay in registers.
template <std::size_t U, class T>
class Binary {
 public:
  Binary(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients)
      : rows_(rows), w_(coefficients.w), b_(coefficients.b[0]), sums_(rows.n_columns + 2) {}

  void run(std::span<double> sums) {
    const std::size_t tile_size = rows_.tile_rows * rows_.n_columns;
    for (std::size_t t = 0; t < rows_.n_tiles; ++t) {
      for (std::size_t r = 0; r < rows_.tile_rows; r += U * hn::Lanes(d)) {
        add_rows(rows_.x + t * tile_size + r, rows_.weights + t * rows_.tile_rows + r);
      }
    }
    sums[LogisticSums::misplaced] += static_cast<double>(misplaced_);
    std::vector<double> totals(rows_.n_columns + 2, 0.0);
    sums_.add_to(totals);
    sums[LogisticSums::loss] += totals[rows_.n_columns + 1];
    for (std::size_t j = 0; j <= rows_.n_columns; ++j) sums[LogisticSums::gradient + j] += totals[j];
  }

 private:
  static constexpr hn::ScalableTag<T> d{};

  HWY_INLINE void add_rows(const T* HWY_RESTRICT x, const T* HWY_RESTRICT weights) {
    const std::size_t stride = rows_.tile_rows;
    Vec<T> z[U];
    for (std::size_t v = 0; v < U; ++v) z[v] = hn::Set(d, b_);
    for (std::size_t j = 0; j < rows_.n_columns; ++j) {
      const Vec<T> w = hn::Set(d, w_[j]);
      for (std::size_t v = 0; v < U; ++v) z[v] = hn::MulAdd(w, hn::Load(d, x + j * stride + v * hn::Lanes(d)), z[v]);
    }

    Vec<T> loss = hn::Zero(d);
    Vec<T> residual_sum = hn::Zero(d);
    for (std::size_t v = 0; v < U; ++v) {
      z[v] = residual(z[v], hn::Load(d, weights + v * hn::Lanes(d)), loss);
      residual_sum = hn::Add(residual_sum, z[v]);
    }
    sums_.add(rows_.n_columns, residual_sum);
    sums_.add(rows_.n_columns + 1, loss);

    for (std::size_t j = 0; j < rows_.n_columns; ++j) {
      Vec<T> even = hn::Mul(z[0], hn::Load(d, x + j * stride));
      Vec<T> odd = hn::Mul(z[1], hn::Load(d, x + j * stride + hn::Lanes(d)));
      for (std::size_t v = 2; v < U; v += 2) {
        even = hn::MulAdd(z[v], hn::Load(d, x + j * stride + v * hn::Lanes(d)), even);
        odd = hn::MulAdd(z[v + 1], hn::Load(d, x + j * stride + (v + 1) * hn::Lanes(d)), odd);
      }
      sums_.add(j, hn::Add(even, odd));
    }
  }

  /// s r of the margin z, where `weight` is s with the sign of the label; adds s l to `loss`.
  HWY_INLINE Vec<T> residual(Vec<T> z, Vec<T> weight, Vec<T>& loss) {
    const Vec<T> zero = hn::Zero(d);
    const Vec<T> one = hn::Set(d, T{1});
    const Vec<T> margin = hn::Xor(z, hn::And(weight, hn::SignBit(d)));
    const Vec<T> s = hn::Abs(weight);
    const Vec<T> e = exp_of_negative<T>(hn::Neg(hn::Abs(z)));
    const Vec<T> l = hn::Add(hn::Log1p(d, e), hn::Max(hn::Neg(margin), zero));
    loss = hn::MulAdd(s, l, hn::MulAdd(z, zero, loss));
    const auto wrong = hn::Le(margin, zero);
    misplaced_ += hn::CountTrue(d, hn::And(wrong, hn::Gt(s, zero)));
    return hn::Div(hn::Neg(hn::IfThenElse(wrong, weight, hn::Mul(weight, e))), hn::Add(one, e));
  }

  const LogisticRows<T>& rows_;
  const T* w_;
  T b_;
  LaneSums sums_;  ///< gradient, intercept, loss
  std::size_t misplaced_ = 0;
};

/// Three classes or more: a tile's margins and residuals lie in a small buffer (n_outputs, tile_rows).
template <class T>
class Multinomial {
 public:
  Multinomial(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients)
      : rows_(rows),
        c_(coefficients),
        z_(hwy::AllocateAligned<T>(coefficients.n_outputs * rows.tile_rows)),
        sums_(c_.n_outputs * (rows.n_columns + 1) + 1) {}

  void run(std::span<double> sums) {
    for (std::size_t t = 0; t < rows_.n_tiles; ++t) {
      const T* x = rows_.x + t * rows_.tile_rows * rows_.n_columns;
      by_classes([&]<std::size_t K>(std::size_t k) { margins<K>(x, k); });
      residuals(t * rows_.tile_rows);
      by_classes([&]<std::size_t K>(std::size_t k) { gradient<K>(x, k); });
    }
    sums[LogisticSums::misplaced] += static_cast<double>(misplaced_);
    const std::size_t n = c_.n_outputs * (rows_.n_columns + 1);
    std::vector<double> totals(n + 1, 0.0);
    sums_.add_to(totals);
    sums[LogisticSums::loss] += totals[n];
    for (std::size_t i = 0; i < n; ++i) sums[LogisticSums::gradient + i] += totals[i];
  }

 private:
  static constexpr hn::ScalableTag<T> d{};

  /// Classes four at a time: as many sums as registers hold on every target.
  template <class Body>
  HWY_INLINE void by_classes(Body&& body) {
    std::size_t k = 0;
    for (; k + 4 <= c_.n_outputs; k += 4) body.template operator()<4>(k);
    switch (c_.n_outputs - k) {
      case 3:
        return body.template operator()<3>(k);
      case 2:
        return body.template operator()<2>(k);
      case 1:
        return body.template operator()<1>(k);
      default:
        return;
    }
  }

  template <std::size_t K>
  HWY_INLINE void margins(const T* HWY_RESTRICT x, std::size_t first) {
    const std::size_t n = hn::Lanes(d);
    const T* HWY_RESTRICT w = c_.w + first * rows_.n_columns;
    for (std::size_t r = 0; r < rows_.tile_rows; r += 2 * n) {
      Vec<T> z[K][2];
      for (std::size_t k = 0; k < K; ++k) z[k][0] = z[k][1] = hn::Set(d, c_.b[first + k]);
      for (std::size_t j = 0; j < rows_.n_columns; ++j) {
        const Vec<T> x0 = hn::Load(d, x + j * rows_.tile_rows + r);
        const Vec<T> x1 = hn::Load(d, x + j * rows_.tile_rows + r + n);
        for (std::size_t k = 0; k < K; ++k) {
          const Vec<T> wk = hn::Set(d, w[k * rows_.n_columns + j]);
          z[k][0] = hn::MulAdd(wk, x0, z[k][0]);
          z[k][1] = hn::MulAdd(wk, x1, z[k][1]);
        }
      }
      for (std::size_t k = 0; k < K; ++k) {
        hn::Store(z[k][0], d, z_.get() + (first + k) * rows_.tile_rows + r);
        hn::Store(z[k][1], d, z_.get() + (first + k) * rows_.tile_rows + r + n);
      }
    }
  }

  /// Turns margins into residuals s (p_k - [y = k]).
  HWY_INLINE void residuals(std::size_t first_row) {
    Vec<T> loss = hn::Zero(d);
    for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
      loss = hn::Add(loss, softmax(z_.get() + r, hn::Load(d, rows_.weights + first_row + r),
                                   hn::Load(d, rows_.labels + first_row + r)));
    }
    sums_.add(c_.n_outputs * (rows_.n_columns + 1), loss);
    for (std::size_t k = 0; k < c_.n_outputs; ++k) {
      Vec<T> sum = hn::Zero(d);
      for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
        sum = hn::Add(sum, hn::Load(d, z_.get() + k * rows_.tile_rows + r));
      }
      sums_.add(c_.n_outputs * rows_.n_columns + k, sum);
    }
  }

  /// s l; z: the margins of one vector of rows at a stride of tile_rows. What the other classes weigh against the own
  /// one is summed apart, so that a probability near one keeps its distance from one.
  HWY_INLINE Vec<T> softmax(T* HWY_RESTRICT z, Vec<T> s, Vec<T> label) {
    const Vec<T> zero = hn::Zero(d);
    const Vec<T> one = hn::Set(d, T{1});
    const std::size_t n_classes = c_.n_outputs;
    Vec<T> largest = hn::Load(d, z);
    Vec<T> finite = zero;
    for (std::size_t k = 0; k < n_classes; ++k) {
      const Vec<T> zk = hn::Load(d, z + k * rows_.tile_rows);
      largest = hn::Max(largest, zk);
      finite = hn::MulAdd(zk, zero, finite);
    }
    Vec<T> others = zero;
    Vec<T> own = zero;
    Vec<T> own_margin = zero;
    for (std::size_t k = 0; k < n_classes; ++k) {
      const Vec<T> zk = hn::Load(d, z + k * rows_.tile_rows);
      const auto is_own = hn::Eq(label, hn::Set(d, static_cast<T>(k)));
      const Vec<T> e = exp_of_negative<T>(hn::Sub(zk, largest));
      others = hn::Add(others, hn::IfThenZeroElse(is_own, e));
      own = hn::Add(own, hn::IfThenElseZero(is_own, e));
      own_margin = hn::Add(own_margin, hn::IfThenElseZero(is_own, zk));
      hn::Store(e, d, z + k * rows_.tile_rows);
    }
    const Vec<T> sum = hn::Add(own, others);
    const Vec<T> scale = hn::Div(s, sum);
    for (std::size_t k = 0; k < n_classes; ++k) {
      const auto is_own = hn::Eq(label, hn::Set(d, static_cast<T>(k)));
      const Vec<T> e = hn::Load(d, z + k * rows_.tile_rows);
      hn::Store(hn::Mul(scale, hn::IfThenElse(is_own, hn::Neg(others), e)), d, z + k * rows_.tile_rows);
    }
    misplaced_ += hn::CountTrue(d, hn::And(hn::Le(own, others), hn::Gt(s, zero)));
    const auto own_is_largest = hn::Eq(own, one);
    const Vec<T> l =
        hn::Add(hn::Log1p(d, hn::IfThenElse(own_is_largest, others, hn::Sub(sum, one))), hn::Sub(largest, own_margin));
    return hn::MulAdd(s, l, finite);
  }

  template <std::size_t K>
  HWY_INLINE void gradient(const T* HWY_RESTRICT x, std::size_t first) {
    std::size_t j = 0;
    for (; j + 2 <= rows_.n_columns; j += 2) gradient_of<K, 2>(x, first, j);
    if (j < rows_.n_columns) gradient_of<K, 1>(x, first, j);
  }

  /// K classes x J columns.
  template <std::size_t K, std::size_t J>
  HWY_INLINE void gradient_of(const T* HWY_RESTRICT x, std::size_t first, std::size_t column) {
    const T* HWY_RESTRICT residual = z_.get() + first * rows_.tile_rows;
    Vec<T> g[K][J];
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t j = 0; j < J; ++j) g[k][j] = hn::Zero(d);
    }
    for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
      Vec<T> xj[J];
      for (std::size_t j = 0; j < J; ++j) xj[j] = hn::Load(d, x + (column + j) * rows_.tile_rows + r);
      for (std::size_t k = 0; k < K; ++k) {
        const Vec<T> rk = hn::Load(d, residual + k * rows_.tile_rows + r);
        for (std::size_t j = 0; j < J; ++j) g[k][j] = hn::MulAdd(rk, xj[j], g[k][j]);
      }
    }
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t j = 0; j < J; ++j) sums_.add((first + k) * rows_.n_columns + column + j, g[k][j]);
    }
  }

  const LogisticRows<T>& rows_;
  const LogisticCoefficients<T>& c_;
  hwy::AlignedFreeUniquePtr<T[]> z_;
  LaneSums sums_;  ///< gradient, intercepts, loss
  std::size_t misplaced_ = 0;
};

template <class T>
void add_sums(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients, std::span<double> sums) {
  if (coefficients.n_outputs > 1) return Multinomial<T>(rows, coefficients).run(sums);
  const std::size_t vectors = rows.tile_rows / hn::Lanes(hn::ScalableTag<T>());
  if (vectors >= 8) return Binary<8, T>(rows, coefficients).run(sums);
  if (vectors >= 4) return Binary<4, T>(rows, coefficients).run(sums);
  Binary<2, T>(rows, coefficients).run(sums);
}

template <class T>
void add_squares(const LogisticRows<T>& rows, std::span<double> sums) {
  const hn::ScalableTag<T> d;
  LaneSums squares(rows.n_columns);
  for (std::size_t t = 0; t < rows.n_tiles; ++t) {
    const T* HWY_RESTRICT weights = rows.weights + t * rows.tile_rows;
    for (std::size_t j = 0; j < rows.n_columns; ++j) {
      const T* HWY_RESTRICT x = rows.x + (t * rows.n_columns + j) * rows.tile_rows;
      Vec<T> sum = hn::Zero(d);
      for (std::size_t r = 0; r < rows.tile_rows; r += hn::Lanes(d)) {
        const Vec<T> xj = hn::Load(d, x + r);
        sum = hn::MulAdd(hn::Mul(hn::Abs(hn::Load(d, weights + r)), xj), xj, sum);
      }
      squares.add(j, sum);
    }
  }
  squares.add_to(sums);
}

void add_squares_f32(const LogisticRows<float>& rows, std::span<double> sums) {
  add_squares(rows, sums);
}
void add_squares_f64(const LogisticRows<double>& rows, std::span<double> sums) {
  add_squares(rows, sums);
}
void add_sums_f32(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                  std::span<double> sums) {
  add_sums(rows, coefficients, sums);
}
void add_sums_f64(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                  std::span<double> sums) {
  add_sums(rows, coefficients, sums);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(add_sums_f32);
HWY_EXPORT(add_sums_f64);
HWY_EXPORT(add_squares_f32);
HWY_EXPORT(add_squares_f64);

void add_logistic_sums(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                       std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_sums_f32)(rows, coefficients, sums);
}

void add_logistic_sums(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                       std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_sums_f64)(rows, coefficients, sums);
}

void add_weighted_squares(const LogisticRows<float>& rows, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_squares_f32)(rows, sums);
}

void add_weighted_squares(const LogisticRows<double>& rows, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_squares_f64)(rows, sums);
}

}  // namespace thrum
#endif
