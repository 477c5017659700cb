#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/core/view.h"

/// The vocabulary of this layer's tests.
namespace thrum::linalg {

/// A matrix that owns its elements; rows may be padded with numbers that a correct result does not depend on.
template <class T>
struct Matrix {
  Matrix(std::size_t n_rows, std::size_t n_cols, std::size_t padding = 0, T value = 0)
      : rows(n_rows), cols(n_cols), stride(n_cols + padding), data(n_rows * stride + 1, value) {}

  /// Uniform in [-1, 1).
  static Matrix random(std::size_t rows, std::size_t cols, std::uint64_t seed, std::size_t padding = 0) {
    Matrix matrix(rows, cols, padding);
    const Random numbers(seed);
    for (std::size_t i = 0; i < matrix.data.size(); ++i) {
      matrix.data[i] = static_cast<T>(2 * numbers.uniform(i) - 1);
    }
    return matrix;
  }

  T& operator()(std::size_t i, std::size_t j) { return data[i * stride + j]; }
  T operator()(std::size_t i, std::size_t j) const { return data[i * stride + j]; }
  MatrixView<T> view() { return {data.data(), rows, cols, stride}; }
  MatrixView<const T> view() const { return {data.data(), rows, cols, stride}; }
  MatrixView<const T> cview() const { return view(); }

  std::size_t rows;
  std::size_t cols;
  std::size_t stride;
  std::vector<T> data;
};

/// op(A) op(B), summed in f64.
template <class T>
Matrix<double> naive_product(const Matrix<T>& A, bool transpose_a, const Matrix<T>& B, bool transpose_b) {
  const std::size_t m = transpose_a ? A.cols : A.rows, k = transpose_a ? A.rows : A.cols;
  const std::size_t n = transpose_b ? B.rows : B.cols;
  Matrix<double> C(m, n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t l = 0; l < k; ++l) {
      const double a = static_cast<double>(transpose_a ? A(l, i) : A(i, l));
      for (std::size_t j = 0; j < n; ++j) C(i, j) += a * static_cast<double>(transpose_b ? B(j, l) : B(l, j));
    }
  }
  return C;
}

/// The rounding error that a sum of k products of numbers below one may have.
template <class T>
double product_tolerance(std::size_t k) {
  return static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 4);
}

using test::refusal;

}  // namespace thrum::linalg
