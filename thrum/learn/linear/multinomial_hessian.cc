#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thrum/learn/linear/gram_kernel_internal.h"
#include "thrum/learn/linear/logistic_hessian_internal.h"

namespace thrum {
namespace {

/// probabilities: (n_outputs, n_rows), of the rows of one tile at a time.
template <class T>
class Probabilities {
 public:
  Probabilities(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients)
      : n_rows_(rows.n_tiles * rows.tile_rows), values_(coefficients.n_outputs * n_rows_) {
    for (std::size_t k = 0; k < coefficients.n_outputs; ++k) margins(rows, coefficients, k);
    for (std::size_t i = 0; i < n_rows_; ++i) softmax(i, coefficients.n_outputs);
  }

  const T* of(std::size_t k) const { return values_.data() + k * n_rows_; }

 private:
  void margins(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients, std::size_t k) {
    T* const z = values_.data() + k * n_rows_;
    std::fill_n(z, n_rows_, coefficients.b[k]);
    for (std::size_t t = 0; t < rows.n_tiles; ++t) {
      for (std::size_t j = 0; j < rows.n_columns; ++j) {
        const T w = coefficients.w[k * rows.n_columns + j];
        const T* const x = rows.x + (t * rows.n_columns + j) * rows.tile_rows;
        for (std::size_t r = 0; r < rows.tile_rows; ++r) z[t * rows.tile_rows + r] += w * x[r];
      }
    }
  }

  void softmax(std::size_t i, std::size_t n_outputs) {
    T largest = values_[i];
    for (std::size_t k = 1; k < n_outputs; ++k) largest = std::max(largest, values_[k * n_rows_ + i]);
    T sum = 0;
    for (std::size_t k = 0; k < n_outputs; ++k) {
      values_[k * n_rows_ + i] = std::exp(values_[k * n_rows_ + i] - largest);
      sum += values_[k * n_rows_ + i];
    }
    for (std::size_t k = 0; k < n_outputs; ++k) values_[k * n_rows_ + i] /= sum;
  }

  std::size_t n_rows_;
  std::vector<T> values_;
};

/// Adds the products of the columns for outputs k and l <= k, (n_columns + 1)^2, to where they lie in the Hessian.
void place(std::span<const double> gram, std::size_t n_columns, std::size_t n_outputs, std::size_t k, std::size_t l,
           std::span<double> sums) {
  const std::size_t n = n_outputs * (n_columns + 1);
  const auto index = [&](std::size_t output, std::size_t j) {
    return j < n_columns ? output * n_columns + j : n_outputs * n_columns + output;
  };
  const double sign = k == l ? 1 : -1;
  for (std::size_t i = 0; i <= n_columns; ++i) {
    for (std::size_t j = 0; j <= n_columns; ++j) {
      const std::size_t row = index(k, i);
      const std::size_t column = index(l, j);
      if (k == l && column > row) continue;
      const double value = gram[std::max(i, j) * (n_columns + 1) + std::min(i, j)];
      sums[std::max(row, column) * n + std::min(row, column)] += sign * value;
    }
  }
}

template <class T>
void add_hessian(const LogisticRows<T>& rows, const LogisticCoefficients<T>& coefficients, std::span<double> sums) {
  const Probabilities<T> p(rows, coefficients);
  const std::size_t n_rows = rows.n_tiles * rows.tile_rows;
  const auto weights = hwy::AllocateAligned<T>(n_rows);
  std::vector<double> gram((rows.n_columns + 1) * (rows.n_columns + 1));
  for (std::size_t k = 0; k < coefficients.n_outputs; ++k) {
    for (std::size_t l = 0; l <= k; ++l) {
      const T* const pk = p.of(k);
      const T* const pl = p.of(l);
      for (std::size_t i = 0; i < n_rows; ++i) weights[i] = rows.weights[i] * pk[i] * (k == l ? 1 - pl[i] : pl[i]);
      std::ranges::fill(gram, 0.0);
      add_gram(GramRows<T>{rows.x, weights.get(), nullptr, rows.n_tiles, rows.tile_rows, rows.n_columns}, gram);
      place(gram, rows.n_columns, coefficients.n_outputs, k, l, sums);
    }
  }
}

}  // namespace

void add_multinomial_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                             std::span<double> sums) {
  add_hessian(rows, coefficients, sums);
}

void add_multinomial_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                             std::span<double> sums) {
  add_hessian(rows, coefficients, sums);
}

}  // namespace thrum
