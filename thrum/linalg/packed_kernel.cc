#include "thrum/linalg/packed_kernel_internal.h"

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

  /// A panel of B stays in the first cache, those of A in the second.
  void run() const {
    for (std::size_t j = 0; j < C_.cols(); j += n_cols()) {
      for (std::size_t i = 0; i < C_.rows(); i += n_rows) {
        const T* a = product_.a + i * product_.k;
        const T* b = product_.b + j * product_.k;
        if (i + n_rows <= C_.rows() && j + n_cols() <= C_.cols()) {
          multiply(a, b, product_.beta, &C_(i, j), C_.stride());
        } else {
          multiply_edge(a, b, i, j);
        }
      }
    }
  }

 private:
  using Vec = hn::Vec<hn::ScalableTag<T>>;

  HWY_INLINE void multiply(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, T beta, T* HWY_RESTRICT c,
                           std::size_t stride) const {
    Vec sums[n_rows][n_vectors];
    for (auto& row : sums) {
      for (Vec& sum : row) sum = hn::Zero(d);
    }
    for (std::size_t p = 0; p < product_.k; ++p) {
      Vec bp[n_vectors];
      for (std::size_t v = 0; v < n_vectors; ++v) bp[v] = hn::Load(d, b + v * hn::Lanes(d));
      for (std::size_t r = 0; r < n_rows; ++r) {
        const Vec ar = hn::Set(d, a[r]);
        for (std::size_t v = 0; v < n_vectors; ++v) sums[r][v] = hn::MulAdd(ar, bp[v], sums[r][v]);
      }
      a += n_rows;
      b += n_cols();
    }
    const Vec alpha = hn::Set(d, product_.alpha);
    for (std::size_t r = 0; r < n_rows; ++r) {
      for (std::size_t v = 0; v < n_vectors; ++v) {
        T* const out = c + r * stride + v * hn::Lanes(d);
        const Vec before = beta == 0 ? hn::Zero(d) : hn::Mul(hn::Set(d, beta), hn::LoadU(d, out));
        hn::StoreU(hn::MulAdd(alpha, sums[r][v], before), d, out);
      }
    }
  }

  /// The same by way of a whole tile.
  HWY_NOINLINE void multiply_edge(const T* a, const T* b, std::size_t i, std::size_t j) const {
    HWY_ALIGN T tile[n_rows * n_vectors * HWY_MAX_BYTES / sizeof(T)];
    const std::size_t rows = std::min(n_rows, C_.rows() - i), cols = std::min(n_cols(), C_.cols() - j);
    std::fill_n(tile, n_rows * n_cols(), T{0});
    if (product_.beta != 0) {
      for (std::size_t r = 0; r < rows; ++r) std::copy_n(&C_(i + r, j), cols, tile + r * n_cols());
    }
    multiply(a, b, product_.beta, tile, n_cols());
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(tile + r * n_cols(), cols, &C_(i + r, j));
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
