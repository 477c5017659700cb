#include <hwy/aligned_allocator.h>

#include <algorithm>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/linear/gram_kernel_internal.h"
#include "thrum/learn/linear/gram_sums_internal.h"

namespace thrum {
namespace {

/// Numbers that the sums of one pass may take: a matter of memory only.
constexpr std::size_t most_components = 1 << 20;

/// Some rows of a piece of a design matrix, close together.
template <class T>
class Gathered {
 public:
  Gathered(const GramRows<T>& all, const std::vector<std::size_t>& rows)
      : tile_rows_(all.tile_rows),
        n_columns_(all.n_columns),
        n_tiles_((rows.size() + tile_rows_ - 1) / tile_rows_),
        x_(zeros(n_tiles_ * tile_rows_ * n_columns_)),
        y_(zeros(n_tiles_ * tile_rows_)),
        weights_(zeros(n_tiles_ * tile_rows_)) {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const std::size_t i = rows[k];
      y_[k] = all.y[i];
      weights_[k] = all.weights[i];
      const T* from = all.x + i / tile_rows_ * n_columns_ * tile_rows_ + i % tile_rows_;
      T* to = x_.get() + k / tile_rows_ * n_columns_ * tile_rows_ + k % tile_rows_;
      for (std::size_t j = 0; j < n_columns_; ++j) to[j * tile_rows_] = from[j * tile_rows_];
    }
  }

  GramRows<T> rows() const { return {x_.get(), weights_.get(), y_.get(), n_tiles_, tile_rows_, n_columns_}; }

 private:
  using Values = hwy::AlignedFreeUniquePtr<T[]>;

  static Values zeros(std::size_t n) {
    Values values = hwy::AllocateAligned<T>(n);
    std::fill_n(values.get(), n, T{0});
    return values;
  }

  std::size_t tile_rows_;
  std::size_t n_columns_;
  std::size_t n_tiles_;
  Values x_;
  Values y_;
  Values weights_;
};

template <class T>
void add_rows(const GramRows<T>& all, std::size_t n_rows, std::span<double> sums) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < n_rows; ++i) {
    if (all.weights[i] != 0) rows.push_back(i);
  }
  if (rows.empty()) return;
  if (4 * rows.size() < 3 * n_rows) return add_gram(Gathered<T>(all, rows).rows(), sums);
  add_gram(all, sums);
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
      x.read({begin, end}, [&](const typename DesignMatrix<T>::Piece& piece) {
        const std::size_t first_row = piece.rows.begin, n_rows = piece.rows.size();
        const std::size_t n_tiles = (n_rows + x.tile_rows() - 1) / x.tile_rows();
        for (std::size_t k = 0; k < sets.size(); ++k) {
          add_rows(GramRows<T>{piece.x, sets[k] + first_row, y + first_row, n_tiles, x.tile_rows(), x.n_columns()},
                   n_rows, partial.subspan(k * size, size));
        }
      });
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
