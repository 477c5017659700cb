#include "thrum/learn/linear/logistic_kernel_internal.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <limits>
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

/// exp(x); infinity from where T cannot hold it, NaN where x is not a number.
template <class T>
HWY_INLINE Vec<T> bounded_exp(Vec<T> x) {
  const hn::ScalableTag<T> d;
  constexpr T highest = sizeof(T) == 4 ? T{88} : T{706};
  const Vec<T> e =
      hn::Exp(d, hn::Clamp(hn::IfThenElseZero(hn::Eq(x, x), x), hn::Set(d, T{-1000}), hn::Set(d, highest)));
  const Vec<T> too_large = hn::Set(d, std::numeric_limits<T>::infinity());
  return hn::IfThenElse(hn::Eq(x, x), hn::IfThenElse(hn::Gt(x, hn::Set(d, highest)), too_large, e), x);
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

#if HWY_TARGET <= HWY_AVX3
constexpr bool many_registers = true;  // 32 of them
#else
constexpr bool many_registers = false;
#endif

/// body.operator()<K>(k) for the n things from k, four at a time: as many sums as registers hold on every target.
template <class Body>
HWY_INLINE void by_fours(std::size_t n, Body&& body) {
  std::size_t k = 0;
  for (; k + 4 <= n; k += 4) body.template operator()<4>(k);
  switch (n - k) {
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

/// s r of the margin z of a mean exp(z); adds s l to `loss`. What is beyond the range of exp is infinite, so that a
/// search turns back.
template <class T>
HWY_INLINE Vec<T> residual_of_mean(RowLoss kind, Vec<T> z, Vec<T> s, Vec<T> y, Vec<T>& loss) {
  const hn::ScalableTag<T> d;
  const bool is_poisson = kind == RowLoss::poisson;
  const Vec<T> power = is_poisson ? z : hn::Neg(z);
  const Vec<T> e = bounded_exp<T>(power);
  const Vec<T> scaled = is_poisson ? e : hn::Mul(y, e);
  const Vec<T> linear = is_poisson ? hn::Neg(hn::Mul(y, z)) : z;
  const auto counts = hn::Gt(s, hn::Zero(d));
  loss = hn::Add(loss, hn::IfThenElseZero(counts, hn::Mul(s, hn::Add(scaled, linear))));
  const Vec<T> r = is_poisson ? hn::Sub(scaled, y) : hn::Sub(hn::Set(d, T{1}), scaled);
  return hn::IfThenElseZero(counts, hn::Mul(s, r));
}

/// One output, two classes or a mean: U vectors of rows at a time. The margins and residuals of one fit stay in
/// registers, those of K fits nearby. Whatever K is, each number comes from the same operations in the same order.
template <std::size_t U, class T>
class Binary {
 public:
  explicit Binary(std::span<const LogisticFit<T>> fits)
      : fits_(fits),
        x_(fits[0].rows),
        n_sums_(x_.n_columns + 2),
        sums_(fits.size() * n_sums_),
        misplaced_(fits.size(), 0) {}

  void run() {
    const std::size_t tile_size = x_.tile_rows * x_.n_columns;
    for (std::size_t t = 0; t < x_.n_tiles; ++t) {
      for (std::size_t r = 0; r < x_.tile_rows; r += U * hn::Lanes(d)) {
        by_fours(fits_.size(),
                 [&]<std::size_t K>(std::size_t k) { add_rows<K>(x_.x + t * tile_size + r, t * x_.tile_rows + r, k); });
      }
    }
    std::vector<double> totals(fits_.size() * n_sums_, 0.0);
    sums_.add_to(totals);
    for (std::size_t k = 0; k < fits_.size(); ++k) {
      const double* total = totals.data() + k * n_sums_;
      const std::span<double> sums = fits_[k].sums;
      sums[LogisticSums::misplaced] += static_cast<double>(misplaced_[k]);
      sums[LogisticSums::loss] += total[x_.n_columns + 1];
      for (std::size_t j = 0; j <= x_.n_columns; ++j) sums[LogisticSums::gradient + j] += total[j];
    }
  }

 private:
  static constexpr hn::ScalableTag<T> d{};

  /// The rows whose columns begin at x, for the fits [first, first + K).
  template <std::size_t K>
  HWY_INLINE void add_rows(const T* HWY_RESTRICT x, std::size_t row, std::size_t first) {
    Vec<T> z[K][U];
    constexpr std::size_t V = K == 1 ? U : std::min<std::size_t>(U, many_registers ? 4 : 2);
    for (std::size_t v = 0; v < U; v += V) margins<K, V>(x, v, first, z);
    for (std::size_t k = 0; k < K; ++k) residuals(row, first + k, z[k]);
    constexpr std::size_t J = K > 1 && many_registers ? 2 : 1;
    std::size_t j = 0;
    for (; j + J <= x_.n_columns; j += J) gradients<K, J>(x, j, first, z);
    if constexpr (J > 1) {
      if (j < x_.n_columns) gradients<K, 1>(x, j, first, z);
    }
  }

  template <std::size_t K, std::size_t V>
  HWY_INLINE void margins(const T* HWY_RESTRICT x, std::size_t first_vector, std::size_t first, Vec<T> (&z)[K][U]) {
    Vec<T> m[K][V];
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t v = 0; v < V; ++v) m[k][v] = hn::Set(d, fits_[first + k].coefficients.b[0]);
    }
    const T* HWY_RESTRICT w[K];
    for (std::size_t k = 0; k < K; ++k) w[k] = fits_[first + k].coefficients.w;
    x += first_vector * hn::Lanes(d);
    for (std::size_t j = 0; j < x_.n_columns; ++j) {
      Vec<T> xj[V];
      for (std::size_t v = 0; v < V; ++v) xj[v] = hn::Load(d, x + j * x_.tile_rows + v * hn::Lanes(d));
      for (std::size_t k = 0; k < K; ++k) {
        const Vec<T> wj = hn::Set(d, w[k][j]);
        for (std::size_t v = 0; v < V; ++v) m[k][v] = hn::MulAdd(wj, xj[v], m[k][v]);
      }
    }
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t v = 0; v < V; ++v) z[k][first_vector + v] = m[k][v];
    }
  }

  /// Turns the margins of fit k into residuals, and adds these and the losses to its sums.
  HWY_INLINE void residuals(std::size_t row, std::size_t k, Vec<T> (&z)[U]) {
    if (fits_[k].rows.loss != RowLoss::logistic) return residuals_of_means(row, k, z);
    Vec<T> loss = hn::Zero(d);
    Vec<T> sum = hn::Zero(d);
    for (std::size_t v = 0; v < U; ++v) {
      z[v] = residual(z[v], hn::Load(d, fits_[k].rows.weights + row + v * hn::Lanes(d)), loss, misplaced_[k]);
      sum = hn::Add(sum, z[v]);
    }
    sums_.add(k * n_sums_ + x_.n_columns, sum);
    sums_.add(k * n_sums_ + x_.n_columns + 1, loss);
  }

  /// The same for the loss of a mean. Apart, since inlined for every K it would take as much code again.
  HWY_NOINLINE void residuals_of_means(std::size_t row, std::size_t k, Vec<T> (&z)[U]) {
    const LogisticRows<T>& rows = fits_[k].rows;
    Vec<T> loss = hn::Zero(d);
    Vec<T> sum = hn::Zero(d);
    for (std::size_t v = 0; v < U; ++v) {
      const std::size_t at = row + v * hn::Lanes(d);
      z[v] = residual_of_mean<T>(rows.loss, z[v], hn::Load(d, rows.weights + at), hn::Load(d, rows.labels + at), loss);
      sum = hn::Add(sum, z[v]);
    }
    sums_.add(k * n_sums_ + x_.n_columns, sum);
    sums_.add(k * n_sums_ + x_.n_columns + 1, loss);
  }

  template <std::size_t K, std::size_t J>
  HWY_INLINE void gradients(const T* HWY_RESTRICT x, std::size_t column, std::size_t first, Vec<T> (&z)[K][U]) {
    Vec<T> even[J][K];
    Vec<T> odd[J][K];
    for (std::size_t v = 0; v < U; v += 2) {
      for (std::size_t j = 0; j < J; ++j) {
        const T* HWY_RESTRICT xj = x + (column + j) * x_.tile_rows + v * hn::Lanes(d);
        const Vec<T> x0 = hn::Load(d, xj);
        const Vec<T> x1 = hn::Load(d, xj + hn::Lanes(d));
        for (std::size_t k = 0; k < K; ++k) {
          even[j][k] = v == 0 ? hn::Mul(z[k][v], x0) : hn::MulAdd(z[k][v], x0, even[j][k]);
          odd[j][k] = v == 0 ? hn::Mul(z[k][v + 1], x1) : hn::MulAdd(z[k][v + 1], x1, odd[j][k]);
        }
      }
    }
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t j = 0; j < J; ++j) {
        sums_.add((first + k) * n_sums_ + column + j, hn::Add(even[j][k], odd[j][k]));
      }
    }
  }

  /// s r of the margin z, where `weight` is s with the sign of the label; adds s l to `loss`.
  HWY_INLINE static Vec<T> residual(Vec<T> z, Vec<T> weight, Vec<T>& loss, std::size_t& misplaced) {
    const Vec<T> zero = hn::Zero(d);
    const Vec<T> one = hn::Set(d, T{1});
    const Vec<T> margin = hn::Xor(z, hn::And(weight, hn::SignBit(d)));
    const Vec<T> s = hn::Abs(weight);
    const Vec<T> e = exp_of_negative<T>(hn::Neg(hn::Abs(z)));
    const Vec<T> l = hn::Add(hn::Log1p(d, e), hn::Max(hn::Neg(margin), zero));
    loss = hn::MulAdd(s, l, hn::MulAdd(z, zero, loss));
    const auto wrong = hn::Le(margin, zero);
    misplaced += hn::CountTrue(d, hn::And(wrong, hn::Gt(s, zero)));
    return hn::Div(hn::Neg(hn::IfThenElse(wrong, weight, hn::Mul(weight, e))), hn::Add(one, e));
  }

  std::span<const LogisticFit<T>> fits_;
  const LogisticRows<T>& x_;
  std::size_t n_sums_;
  LaneSums sums_;  ///< of each fit: gradient, intercept, loss
  std::vector<std::size_t> misplaced_;
};

/// Three classes or more: a tile's margins and residuals lie in a small buffer (n_outputs, tile_rows).
template <class T>
class Multinomial {
 public:
  explicit Multinomial(const LogisticFit<T>& fit)
      : rows_(fit.rows),
        c_(fit.coefficients),
        z_(hwy::AllocateAligned<T>(c_.n_outputs * rows_.tile_rows)),
        sums_(c_.n_outputs * (rows_.n_columns + 1) + 1) {}

  void add_tile(std::size_t t) {
    const T* x = rows_.x + t * rows_.tile_rows * rows_.n_columns;
    by_fours(c_.n_outputs, [&]<std::size_t K>(std::size_t k) { margins<K>(x, k); });
    residuals(t * rows_.tile_rows);
    by_fours(c_.n_outputs, [&]<std::size_t K>(std::size_t k) { gradient<K>(x, k); });
  }

  void add_to(std::span<double> sums) const {
    sums[LogisticSums::misplaced] += static_cast<double>(misplaced_);
    const std::size_t n = c_.n_outputs * (rows_.n_columns + 1);
    std::vector<double> totals(n + 1, 0.0);
    sums_.add_to(totals);
    sums[LogisticSums::loss] += totals[n];
    for (std::size_t i = 0; i < n; ++i) sums[LogisticSums::gradient + i] += totals[i];
  }

 private:
  static constexpr hn::ScalableTag<T> d{};

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
void add_multinomial_sums(std::span<const LogisticFit<T>> fits) {
  std::vector<Multinomial<T>> running;
  running.reserve(fits.size());
  for (const LogisticFit<T>& fit : fits) running.emplace_back(fit);
  for (std::size_t t = 0; t < fits[0].rows.n_tiles; ++t) {
    for (Multinomial<T>& fit : running) fit.add_tile(t);
  }
  for (std::size_t k = 0; k < fits.size(); ++k) running[k].add_to(fits[k].sums);
}

template <class T>
void add_sums(std::span<const LogisticFit<T>> fits) {
  if (fits[0].coefficients.n_outputs > 1) return add_multinomial_sums(fits);
  const std::size_t vectors = fits[0].rows.tile_rows / hn::Lanes(hn::ScalableTag<T>());
  if (vectors >= 8) return Binary<8, T>(fits).run();
  if (vectors >= 4) return Binary<4, T>(fits).run();
  Binary<2, T>(fits).run();
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
void add_sums_f32(std::span<const LogisticFit<float>> fits) {
  add_sums(fits);
}
void add_sums_f64(std::span<const LogisticFit<double>> fits) {
  add_sums(fits);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(add_sums_f32);
HWY_EXPORT(add_sums_f64);
HWY_EXPORT(add_squares_f32);
HWY_EXPORT(add_squares_f64);

void add_logistic_sums(std::span<const LogisticFit<float>> fits) {
  HWY_DYNAMIC_DISPATCH(add_sums_f32)(fits);
}

void add_logistic_sums(std::span<const LogisticFit<double>> fits) {
  HWY_DYNAMIC_DISPATCH(add_sums_f64)(fits);
}

void add_weighted_squares(const LogisticRows<float>& rows, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_squares_f32)(rows, sums);
}

void add_weighted_squares(const LogisticRows<double>& rows, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_squares_f64)(rows, sums);
}

}  // namespace thrum
#endif
