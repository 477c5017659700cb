#include <array>
#include <vector>

#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/textbook/products.h"
#include "thrum/linalg/textbook/shapes_internal.h"

namespace thrum::linalg::textbook {
namespace {

/// A matrix of half the size that owns its elements.
template <class T>
struct Half {
  Half(std::size_t n_rows, std::size_t n_cols) : rows(n_rows), cols(n_cols), elements(rows * cols) {}
  MatrixView<T> view() { return {elements.data(), rows, cols}; }
  MatrixView<const T> view() const { return {elements.data(), rows, cols}; }

  std::size_t rows;
  std::size_t cols;
  std::vector<T> elements;
};

/// X + sign Y.
template <class T>
Half<T> sum(MatrixView<const T> X, MatrixView<const T> Y, T sign) {
  Half<T> result(X.rows(), X.cols());
  for (std::size_t i = 0; i < X.rows(); ++i) {
    for (std::size_t j = 0; j < X.cols(); ++j) result.view()(i, j) = X(i, j) + sign * Y(i, j);
  }
  return result;
}

template <class T>
Half<T> product(Arena& arena, MatrixView<const T> X, MatrixView<const T> Y) {
  Half<T> result(X.rows(), Y.cols());
  recursive_product(arena, X, Y, result.view());
  return result;
}

/// The quarters of a matrix of even sizes: 11, 12, 21, 22.
template <class T>
std::array<MatrixView<T>, 4> quarters(MatrixView<T> X) {
  const std::size_t m = X.rows() / 2, n = X.cols() / 2;
  return {block_of(X, {0, m, 0, n}), block_of(X, {0, m, n, 2 * n}), block_of(X, {m, 2 * m, 0, n}),
          block_of(X, {m, 2 * m, n, 2 * n})};
}

/// The seven products, in Strassen's order.
template <class T>
std::vector<Half<T>> seven_products(Arena& arena, MatrixView<const T> A, MatrixView<const T> B) {
  const auto [a11, a12, a21, a22] = quarters(A);
  const auto [b11, b12, b21, b22] = quarters(B);
  const T plus = 1, minus = -1;
  return parallel_map(arena, 7, [&](std::size_t p) -> Half<T> {
    switch (p) {
      case 0:
        return product<T>(arena, sum<T>(a11, a22, plus).view(), sum<T>(b11, b22, plus).view());
      case 1:
        return product<T>(arena, sum<T>(a21, a22, plus).view(), b11);
      case 2:
        return product<T>(arena, a11, sum<T>(b12, b22, minus).view());
      case 3:
        return product<T>(arena, a22, sum<T>(b21, b11, minus).view());
      case 4:
        return product<T>(arena, sum<T>(a11, a12, plus).view(), b22);
      case 5:
        return product<T>(arena, sum<T>(a21, a11, minus).view(), sum<T>(b11, b12, plus).view());
      default:
        return product<T>(arena, sum<T>(a12, a22, minus).view(), sum<T>(b21, b22, plus).view());
    }
  });
}

template <class T>
void multiply_even(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  const std::vector<Half<T>> p = seven_products(arena, A, B);
  const auto [c11, c12, c21, c22] = quarters(C);
  const auto at = [&](std::size_t k, std::size_t i, std::size_t j) { return p[k - 1].view()(i, j); };
  for (std::size_t i = 0; i < c11.rows(); ++i) {
    for (std::size_t j = 0; j < c11.cols(); ++j) {
      c11(i, j) = at(1, i, j) + at(4, i, j) - at(5, i, j) + at(7, i, j);
      c12(i, j) = at(3, i, j) + at(5, i, j);
      c21(i, j) = at(2, i, j) + at(4, i, j);
      c22(i, j) = at(1, i, j) - at(2, i, j) + at(3, i, j) + at(6, i, j);
    }
  }
}

}  // namespace

template <class T>
void strassen_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  check_product_shapes("strassen_product", A, B, C);
  const std::size_t m = C.rows(), n = C.cols(), k = A.cols();
  const std::size_t even_m = m / 2 * 2, even_n = n / 2 * 2, even_k = k / 2 * 2;
  fill_zero(C);
  multiply_even<T>(arena, block_of(A, {0, even_m, 0, even_k}), block_of(B, {0, even_k, 0, even_n}),
                   block_of(C, {0, even_m, 0, even_n}));
  const MatrixView<T> even = block_of(C, {0, even_m, 0, even_n});
  add_product(block_of(A, {0, even_m, even_k, k}), block_of(B, {even_k, k, 0, even_n}), even);
  add_product(A.row_range(0, even_m), block_of(B, {0, k, even_n, n}), block_of(C, {0, even_m, even_n, n}));
  add_product(A.row_range(even_m, m), B, C.row_range(even_m, m));
}

template void strassen_product(Arena&, MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void strassen_product(Arena&, MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace thrum::linalg::textbook
