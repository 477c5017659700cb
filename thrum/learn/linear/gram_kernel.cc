#include "thrum/learn/linear/gram_kernel_internal.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>

// Vectors are kept in arrays, which types without a fixed size do not allow.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/linear/gram_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A step multiplies this many columns of X with as many others: each vector that is loaded serves four products, or
/// two where there are only 16 registers.
constexpr std::size_t n_left = 4;
constexpr std::size_t n_right = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

template <class T>
class Gram {
 public:
  explicit Gram(const GramRows<T>& rows)
      : rows_(rows),
        chunk_(tiles_of_chunk(rows)),
        ones_(hwy::AllocateAligned<T>(rows.tile_rows)),
        left_(hwy::AllocateAligned<T>(n_left * chunk_ * rows.tile_rows)) {
    std::fill_n(ones_.get(), rows.tile_rows, T{1});
  }

  void run(std::span<double> sums) {
    for (std::size_t t = 0; t < rows_.n_tiles; t += chunk_) add_chunk(t, std::min(t + chunk_, rows_.n_tiles), sums);
  }

 private:
  static constexpr hn::ScalableTag<T> d{};

  /// What stays in the second cache while all pairs of its columns are multiplied.
  static std::size_t tiles_of_chunk(const GramRows<T>& rows) {
    constexpr std::size_t bytes = 512 * 1024;
    const std::size_t most_rows = std::min<std::size_t>(512, bytes / (rows.n_columns + 2) / sizeof(T));
    return std::max<std::size_t>(1, most_rows / rows.tile_rows);
  }

  /// Column j of tile t. Beyond the last there is none, and any will do.
  const T* column(std::size_t t, std::size_t j) const {
    if (j < rows_.n_columns) return rows_.x + (t * rows_.n_columns + j) * rows_.tile_rows;
    return j == rows_.n_columns || rows_.y == nullptr ? ones_.get() : rows_.y + t * rows_.tile_rows;
  }

  void add_chunk(std::size_t begin, std::size_t end, std::span<double> sums) {
    for (std::size_t i = 0; i < rows_.size(); i += n_left) {
      weigh(begin, end, i);
      for (std::size_t j = 0; j < i + n_left && j < rows_.size(); j += n_right) add_products(begin, end, i, j, sums);
    }
  }

  /// left_ = the columns from i, times the weights: (tiles, n_left, tile_rows)
  void weigh(std::size_t begin, std::size_t end, std::size_t i) {
    for (std::size_t t = begin; t < end; ++t) {
      const T* HWY_RESTRICT weights = rows_.weights + t * rows_.tile_rows;
      for (std::size_t k = 0; k < n_left; ++k) {
        const T* HWY_RESTRICT x = column(t, i + k);
        T* HWY_RESTRICT out = left_.get() + ((t - begin) * n_left + k) * rows_.tile_rows;
        for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
          hn::Store(hn::Mul(hn::Abs(hn::Load(d, weights + r)), hn::Load(d, x + r)), d, out + r);
        }
      }
    }
  }

  void add_products(std::size_t begin, std::size_t end, std::size_t i, std::size_t j, std::span<double> sums) const {
    hn::Vec<hn::ScalableTag<T>> products[n_left][n_right];
    for (auto& row : products) {
      for (auto& product : row) product = hn::Zero(d);
    }
    for (std::size_t t = begin; t < end; ++t) {
      const T* HWY_RESTRICT left = left_.get() + (t - begin) * n_left * rows_.tile_rows;
      const T* right[n_right];
      for (std::size_t l = 0; l < n_right; ++l) right[l] = column(t, j + l);
      for (std::size_t r = 0; r < rows_.tile_rows; r += hn::Lanes(d)) {
        hn::Vec<hn::ScalableTag<T>> weighted[n_left];
        for (std::size_t k = 0; k < n_left; ++k) weighted[k] = hn::Load(d, left + k * rows_.tile_rows + r);
        for (std::size_t l = 0; l < n_right; ++l) {
          const auto x = hn::Load(d, right[l] + r);
          for (std::size_t k = 0; k < n_left; ++k) products[k][l] = hn::MulAdd(weighted[k], x, products[k][l]);
        }
      }
    }
    const std::size_t n = rows_.size();
    for (std::size_t k = 0; k < n_left && i + k < n; ++k) {
      for (std::size_t l = 0; l < n_right && j + l <= i + k; ++l) {
        sums[(i + k) * n + j + l] += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, products[k][l])));
      }
    }
  }

  const GramRows<T>& rows_;
  std::size_t chunk_;  ///< tiles at a time
  hwy::AlignedFreeUniquePtr<T[]> ones_;
  hwy::AlignedFreeUniquePtr<T[]> left_;
};

void add_gram_f32(const GramRows<float>& rows, std::span<double> sums) {
  Gram<float>(rows).run(sums);
}
void add_gram_f64(const GramRows<double>& rows, std::span<double> sums) {
  Gram<double>(rows).run(sums);
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(add_gram_f32);
HWY_EXPORT(add_gram_f64);

void add_gram(const GramRows<float>& rows, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_gram_f32)(rows, sums);
}

void add_gram(const GramRows<double>& rows, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_gram_f64)(rows, sums);
}

}  // namespace thrum
#endif
