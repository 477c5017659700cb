#include "thrum/linalg/packed_kernel_internal.h"

#include <hwy/cache_control.h>

#include <algorithm>

// Vectors are kept in arrays, which types without a fixed size do not allow.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/linalg/packed_kernel.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace thrum::linalg {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Rows of the register tile, and vectors in each: their sums, a row's vectors of B and one number of A fill the
/// registers.
constexpr std::size_t n_rows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;
constexpr std::size_t n_vectors = 3;

template <class T>
class Kernel {
 public:
  static constexpr hn::ScalableTag<T> d{};
  static std::size_t n_cols() { return n_vectors * hn::Lanes(d); }

  static RegisterTile tile() {
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_AVX2
    return {n_rows, n_cols()};
#else
    return {};
#endif
  }

  Kernel(const PackedProduct<T>& product, MatrixView<T> C) : product_(product), C_(C) {}

  /// Rows of A stay in the first cache, B's panels in the second.
  void run() const {
    for (std::size_t i = 0; i < C_.rows(); i += n_rows) {
      for (std::size_t j = 0; j < C_.cols(); j += n_cols()) {
        const std::size_t lanes = hn::Lanes(d), vectors = (std::min(n_cols(), C_.cols() - j) + lanes - 1) / lanes;
        if (vectors == 3) {
          multiply_tile<3>(i, j);
        } else if (vectors == 2) {
          multiply_tile<2>(i, j);
        } else {
          multiply_tile<1>(i, j);
        }
      }
    }
  }

 private:
  using Vec = hn::Vec<hn::ScalableTag<T>>;

  /// The tile at (i, j), of which V vectors lie in C.
  template <std::size_t V>
  HWY_INLINE void multiply_tile(std::size_t i, std::size_t j) const {
    const T* b = product_.b + j * product_.A.cols();
    if (i + n_rows <= C_.rows() && j + V * hn::Lanes(d) <= C_.cols()) {
      multiply<V>(&product_.A(i, 0), b, &C_(i, j), C_.stride());
    } else {
      multiply_edge<V>(b, i, j);
    }
  }

  template <std::size_t V>
  HWY_INLINE void multiply(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, T* HWY_RESTRICT c,
                           std::size_t stride) const {
    // Of C nothing is there when the sums are, since each tile is another one.
    for (std::size_t r = 0; r < n_rows; ++r) {
      for (std::size_t v = 0; v < V; ++v) hwy::Prefetch(c + r * stride + v * hn::Lanes(d));
    }
    Vec sums[n_rows][V];
    for (auto& row : sums) {
      for (Vec& sum : row) sum = hn::Zero(d);
    }
    // From each of these an address reaches three rows without arithmetic.
    const std::size_t row = product_.A.stride();
    const T* HWY_RESTRICT starts[(n_rows + 2) / 3];
    for (std::size_t s = 0; 3 * s < n_rows; ++s) starts[s] = a + 3 * s * row;
    for (std::size_t p = 0; p < product_.A.cols(); ++p) {
      Vec bp[V];
      for (std::size_t v = 0; v < V; ++v) bp[v] = hn::Load(d, b + v * hn::Lanes(d));
      for (std::size_t r = 0; r < n_rows; ++r) {
        const Vec ar = hn::Set(d, starts[r / 3][p + r % 3 * row]);
        for (std::size_t v = 0; v < V; ++v) sums[r][v] = hn::MulAdd(ar, bp[v], sums[r][v]);
      }
      b += n_cols();
    }
    const Vec alpha = hn::Set(d, product_.alpha);
    for (std::size_t r = 0; r < n_rows; ++r) {
      for (std::size_t v = 0; v < V; ++v) {
        T* const out = c + r * stride + v * hn::Lanes(d);
        const Vec before = product_.beta == 0 ? hn::Zero(d) : hn::Mul(hn::Set(d, product_.beta), hn::LoadU(d, out));
        hn::StoreU(hn::MulAdd(alpha, sums[r][v], before), d, out);
      }
    }
  }

  /// The same by way of a whole tile, which takes rows above where there are too few.
  template <std::size_t V>
  HWY_NOINLINE void multiply_edge(const T* b, std::size_t i, std::size_t j) const {
    HWY_ALIGN T tile[n_rows * V * HWY_MAX_BYTES / sizeof(T)];
    const std::size_t width = V * hn::Lanes(d);
    const std::size_t rows = std::min(n_rows, C_.rows() - i), cols = std::min(width, C_.cols() - j);
    T* const wanted = tile + (n_rows - rows) * width;
    std::fill_n(tile, n_rows * width, T{0});
    if (product_.beta != 0) {
      for (std::size_t r = 0; r < rows; ++r) std::copy_n(&C_(i + r, j), cols, wanted + r * width);
    }
    multiply<V>(&product_.A(i, 0) - (n_rows - rows) * product_.A.stride(), b, tile, width);
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(wanted + r * width, cols, &C_(i + r, j));
  }

  const PackedProduct<T>& product_;
  MatrixView<T> C_;
};

void multiply_packed_f32(const PackedProduct<float>& product, MatrixView<float> C) {
  Kernel<float>(product, C).run();
}
void multiply_packed_f64(const PackedProduct<double>& product, MatrixView<double> C) {
  Kernel<double>(product, C).run();
}
RegisterTile register_tile_f32() {
  return Kernel<float>::tile();
}
RegisterTile register_tile_f64() {
  return Kernel<double>::tile();
}

}  // namespace HWY_NAMESPACE
}  // namespace thrum::linalg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::linalg {

HWY_EXPORT(multiply_packed_f32);
HWY_EXPORT(multiply_packed_f64);
HWY_EXPORT(register_tile_f32);
HWY_EXPORT(register_tile_f64);

void multiply_packed(const PackedProduct<float>& product, MatrixView<float> C) noexcept {
  HWY_DYNAMIC_DISPATCH(multiply_packed_f32)(product, C);
}
void multiply_packed(const PackedProduct<double>& product, MatrixView<double> C) noexcept {
  HWY_DYNAMIC_DISPATCH(multiply_packed_f64)(product, C);
}
template <>
RegisterTile register_tile<float>() noexcept {
  return HWY_DYNAMIC_DISPATCH(register_tile_f32)();
}
template <>
RegisterTile register_tile<double>() noexcept {
  return HWY_DYNAMIC_DISPATCH(register_tile_f64)();
}

}  // namespace thrum::linalg
#endif
