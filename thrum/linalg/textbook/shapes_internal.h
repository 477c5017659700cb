#pragma once

#include <string_view>

#include "thrum/core/view.h"

namespace thrum::linalg::textbook {

/// Throws invalid_argument naming `where`.
void check_product_shapes(std::string_view where, std::size_t m, std::size_t k, std::size_t k_of_b, std::size_t n,
                          std::size_t m_of_c, std::size_t n_of_c);

template <class T>
void check_product_shapes(std::string_view where, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  check_product_shapes(where, A.rows(), A.cols(), B.rows(), B.cols(), C.rows(), C.cols());
}

/// C += A B, row by row of B, which is read as it lies in memory.
template <class T>
void add_product(MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) noexcept {
  for (std::size_t i = 0; i < C.rows(); ++i) {
    T* c = C.row(i).data();
    for (std::size_t l = 0; l < A.cols(); ++l) {
      const T a = A(i, l);
      const T* b = B.row(l).data();
      for (std::size_t j = 0; j < C.cols(); ++j) c[j] += a * b[j];
    }
  }
}

template <class T>
void fill_zero(MatrixView<T> C) noexcept {
  for (std::size_t i = 0; i < C.rows(); ++i) {
    for (T& c : C.row(i)) c = 0;
  }
}

}  // namespace thrum::linalg::textbook
