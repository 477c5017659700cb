#include <algorithm>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/linear/gram_kernel_internal.h"
#include "thrum/learn/linear/gram_sums_internal.h"

namespace thrum {
namespace {

/// Numbers that the sums of one pass may take: a matter of memory only.
constexpr std::size_t most_components = 1 << 20;

/// Some rows of a block of a design matrix, close together.
template <class T>
class Gathered {
 public:
  Gathered(const DesignMatrix<T>& x, std::size_t begin, const std::vector<std::size_t>& rows, const T* y,
           const T* weights)
      : tile_rows_(x.tile_rows()),
        n_columns_(x.n_columns()),
        n_tiles_((rows.size() + tile_rows_ - 1) / tile_rows_),
        x_(n_tiles_ * tile_rows_ * n_columns_),
        y_(n_tiles_ * tile_rows_),
        weights_(n_tiles_ * tile_rows_) {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const std::size_t i = begin + rows[k];
      y_.data()[k] = y[i];
      weights_.data()[k] = weights[i];
      const T* from = x.tile(i / tile_rows_) + i % tile_rows_;
      T* to = x_.data() + k / tile_rows_ * n_columns_ * tile_rows_ + k % tile_rows_;
      for (std::size_t j = 0; j < n_columns_; ++j) to[j * tile_rows_] = from[j * tile_rows_];
    }
  }

  GramRows<T> rows() const { return {x_.data(), weights_.data(), y_.data(), n_tiles_, tile_rows_, n_columns_}; }

 private:
  std::size_t tile_rows_;
  std::size_t n_columns_;
  std::size_t n_tiles_;
  ZeroedArray<T> x_;
  ZeroedArray<T> y_;
  ZeroedArray<T> weights_;
};

template <class T>
void add_rows(const DesignMatrix<T>& x, const T* y, const T* weights, RowRange range, std::span<double> sums) {
  std::vector<std::size_t> rows;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (weights[i] != 0) rows.push_back(i - range.begin);
  }
  if (4 * rows.size() < 3 * range.size()) return add_gram(Gathered<T>(x, range.begin, rows, y, weights).rows(), sums);
  const std::size_t first = range.begin / x.tile_rows();
  const std::size_t n_tiles = (range.size() + x.tile_rows() - 1) / x.tile_rows();
  add_gram(GramRows<T>{x.tile(first), weights + range.begin, y + range.begin, n_tiles, x.tile_rows(), x.n_columns()},
           sums);
}

}  // namespace

template <class T>
std::vector<std::vector<double>> gram_matrices(const DesignMatrix<T>& x, const T* y, std::span<const T* const> weights,
                                               const Execution& execution) {
  const std::size_t size = (x.n_columns() + 2) * (x.n_columns() + 2);
  const std::size_t per_pass = std::max<std::size_t>(1, most_components / size);
  std::vector<std::vector<double>> grams;
  for (std::size_t first = 0; first < weights.size(); first += per_pass) {
    const auto sets = weights.subspan(first, std::min(per_pass, weights.size() - first));
    const auto add = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
      for (std::size_t row = begin; row < end; row += x.rows_at_once()) {
        execution.keep_within_limit();
        const RowRange rows{row, std::min(row + x.rows_at_once(), end)};
        for (std::size_t k = 0; k < sets.size(); ++k) add_rows(x, y, sets[k], rows, partial.subspan(k * size, size));
      }
    };
    const std::vector<double> sums = sum_row_blocks(execution, x.n_rows(), sets.size() * size, add);
    for (std::size_t k = 0; k < sets.size(); ++k) {
      const auto sum = sums.begin() + static_cast<std::ptrdiff_t>(k * size);
      grams.emplace_back(sum, sum + static_cast<std::ptrdiff_t>(size));
    }
  }
  return grams;
}

template std::vector<std::vector<double>> gram_matrices(const DesignMatrix<float>&, const float*,
                                                        std::span<const float* const>, const Execution&);
template std::vector<std::vector<double>> gram_matrices(const DesignMatrix<double>&, const double*,
                                                        std::span<const double* const>, const Execution&);

}  // namespace thrum
