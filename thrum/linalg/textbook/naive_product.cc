#include "thrum/linalg/textbook/products.h"
#include "thrum/linalg/textbook/shapes_internal.h"

namespace thrum::linalg::textbook {

template <class T>
void naive_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  check_product_shapes("naive_product", A, B, C);
  parallel_for(arena, C.rows(), 1, [&](std::size_t i, std::size_t) {
    for (std::size_t j = 0; j < C.cols(); ++j) {
      T sum = 0;
      for (std::size_t l = 0; l < A.cols(); ++l) sum += A(i, l) * B(l, j);
      C(i, j) = sum;
    }
  });
}

template void naive_product(Arena&, MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void naive_product(Arena&, MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace thrum::linalg::textbook
