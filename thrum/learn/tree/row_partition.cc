#include "thrum/learn/tree/row_partition_internal.h"

#include <algorithm>
#include <bit>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/learn/tree/row_partition.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thrum::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows that go one way, written a vector at a time while there is room for a whole one, else one by one.
class Side {
 public:
  explicit Side(const NodeRowsOut& out) : out_(out) {}

  template <class V, class M>
  HWY_INLINE void put(V rows, V gradients, M mask, std::size_t count) {
    const hn::ScalableTag<std::uint32_t> d;
    auto* to_gradients = reinterpret_cast<std::uint32_t*>(out_.gradients);
    const V packed_rows = hn::Compress(rows, mask);
    const V packed_gradients = hn::Compress(gradients, mask);
    if (size_ + hn::Lanes(d) <= out_.size) {
      hn::StoreU(packed_rows, d, out_.rows + size_);
      hn::StoreU(packed_gradients, d, to_gradients + size_);
    } else {
      const auto first = hn::FirstN(d, count);
      hn::BlendedStore(packed_rows, first, d, out_.rows + size_);
      hn::BlendedStore(packed_gradients, first, d, to_gradients + size_);
    }
    size_ += count;
  }

  HWY_INLINE void put(std::uint32_t row, RowGradient gradient) {
    out_.rows[size_] = row;
    out_.gradients[size_] = gradient;
    ++size_;
  }

 private:
  const NodeRowsOut out_;
  std::size_t size_ = 0;
};

void move_lanes(const NodeRows& rows, const std::uint64_t* mask, const NodeRowsOut& left, const NodeRowsOut& right) {
  Side to_left(left);
  Side to_right(right);
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto* gradients = reinterpret_cast<const std::uint32_t*>(rows.gradients);
  for (; i + lanes <= rows.size && 64 % lanes == 0; i += lanes) {
    const std::uint64_t bits =
        mask[i / 64] >> (i % 64) & (lanes == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << lanes) - 1);
    std::uint8_t bytes[8];
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&bits), 8, bytes);
    const auto goes_left = hn::LoadMaskBits(d, bytes);
    const auto count = static_cast<std::size_t>(std::popcount(bits));
    const auto r = hn::LoadU(d, rows.rows + i);
    const auto g = hn::LoadU(d, gradients + i);
    to_left.put(r, g, goes_left, count);
    to_right.put(r, g, hn::Not(goes_left), lanes - count);
  }
#endif
  for (; i < rows.size; ++i) {
    Side& side = (mask[i / 64] >> (i % 64) & 1) != 0 ? to_left : to_right;
    side.put(rows.rows[i], rows.gradients[i]);
  }
}

}  // namespace thrum::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum {

HWY_EXPORT(move_lanes);

namespace {

/// Stride: of the column, as a constant.
template <std::size_t Stride>
std::size_t mark(const NodeRows& rows, const std::uint8_t* bins, const GoesLeft& goes_left, std::uint64_t* mask) {
  constexpr std::size_t ahead = 64;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < rows.size; begin += 64) {
    const std::size_t n = std::min<std::size_t>(64, rows.size - begin);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if constexpr (Stride > 1) {
        __builtin_prefetch(bins + rows.rows[std::min(begin + i + ahead, rows.size - 1)] * Stride);
      }
      bits |= static_cast<std::uint64_t>(goes_left[bins[rows.rows[begin + i] * Stride]]) << i;
    }
    mask[begin / 64] = bits;
    count += static_cast<std::size_t>(std::popcount(bits));
  }
  return count;
}

}  // namespace

std::size_t mark_left(const NodeRows& rows, const ColumnBins& column, const GoesLeft& goes_left, std::uint64_t* mask) {
  if (column.stride == 1) return mark<1>(rows, column.bins, goes_left, mask);
  return mark<BinnedTable::tile_width>(rows, column.bins, goes_left, mask);
}

void move_rows(const NodeRows& rows, const std::uint64_t* mask, const NodeRowsOut& left, const NodeRowsOut& right) {
  HWY_DYNAMIC_DISPATCH(move_lanes)(rows, mask, left, right);
}

}  // namespace thrum
#endif
