#include "thrum/learn/tree/histogram_internal.h"

#include "thrum/data/binned_table.h"

namespace thrum {
namespace {

/// How many rows ahead their bins are asked for: about what memory takes to answer.
constexpr std::size_t ahead = 24;

/// N columns of one row. Unrolled, so that the columns' places are constants; one addition forms both sums.
template <std::size_t N>
[[gnu::always_inline]] inline void add_row(const std::uint8_t* __restrict bins, GradientSum gradient,
                                           GradientSum* __restrict histogram) {
#pragma GCC unroll 32
  for (std::size_t c = 0; c < N; ++c) histogram[c * histogram_stride + bins[c]] += gradient;
}

/// The rows base, base + 1, … of a tile.
template <std::size_t N>
void add_range(const std::uint8_t* __restrict bins, std::span<const RowGradient> gradients,
               GradientSum* __restrict histogram) {
  for (const RowGradient gradient : gradients) {
    add_row<N>(bins, widen(gradient), histogram);
    bins += BinnedTable::tile_width;
  }
}

template <std::size_t N>
void add_rows(const std::uint8_t* __restrict bins, std::span<const std::uint32_t> rows,
              std::span<const RowGradient> gradients, GradientSum* __restrict histogram) {
  const auto row_at = [&](std::size_t i) { return bins + rows[i] * BinnedTable::tile_width; };
  const std::size_t n = rows.size();
  std::size_t i = 0;
  for (; i + ahead < n; ++i) {
    __builtin_prefetch(row_at(i + ahead));
    add_row<N>(row_at(i), widen(gradients[i]), histogram);
  }
  for (; i < n; ++i) add_row<N>(row_at(i), widen(gradients[i]), histogram);
}

/// f.operator()<N>() for N = padded_columns(n_columns).
template <class F>
void with_column_count(std::size_t n_columns, F f) {
  switch (padded_columns(n_columns)) {
    case 4:
      return f.template operator()<4>();
    case 8:
      return f.template operator()<8>();
    case 12:
      return f.template operator()<12>();
    case 16:
      return f.template operator()<16>();
    case 20:
      return f.template operator()<20>();
    case 24:
      return f.template operator()<24>();
    case 28:
      return f.template operator()<28>();
    default:
      return f.template operator()<32>();
  }
}

}  // namespace

void add_to_histogram(const TileColumns& tile, std::span<const std::uint32_t> rows,
                      std::span<const RowGradient> gradients, GradientSum* histogram) {
  with_column_count(tile.n_columns, [&]<std::size_t N>() { add_rows<N>(tile.bins, rows, gradients, histogram); });
}

void add_to_histogram(const TileColumns& tile, std::size_t first_row, std::span<const RowGradient> gradients,
                      GradientSum* histogram) {
  const std::uint8_t* bins = tile.bins + first_row * BinnedTable::tile_width;
  with_column_count(tile.n_columns, [&]<std::size_t N>() { add_range<N>(bins, gradients, histogram); });
}

}  // namespace thrum
