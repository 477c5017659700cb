#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/textbook/products.h"
#include "thrum/linalg/textbook/shapes_internal.h"

namespace thrum::linalg::textbook {
namespace {

/// Below this a piece is multiplied by loops: what a call costs must stay small beside its work.
constexpr std::size_t smallest = 64;

/// C += A B.
template <class T>
void add_halves(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  const std::size_t m = C.rows(), n = C.cols(), k = A.cols();
  if (k == 0) return;  // there is nothing to point at
  if (m <= smallest && n <= smallest && k <= smallest) return add_product(A, B, C);
  if (m >= n && m >= k) {
    parallel_invoke(
        arena, [&] { add_halves(arena, A.row_range(0, m / 2), B, C.row_range(0, m / 2)); },
        [&] { add_halves(arena, A.row_range(m / 2, m), B, C.row_range(m / 2, m)); });
  } else if (n >= k) {
    parallel_invoke(
        arena, [&] { add_halves(arena, A, block_of(B, {0, k, 0, n / 2}), block_of(C, {0, m, 0, n / 2})); },
        [&] { add_halves(arena, A, block_of(B, {0, k, n / 2, n}), block_of(C, {0, m, n / 2, n})); });
  } else {
    add_halves(arena, block_of(A, {0, m, 0, k / 2}), B.row_range(0, k / 2), C);
    add_halves(arena, block_of(A, {0, m, k / 2, k}), B.row_range(k / 2, k), C);
  }
}

}  // namespace

template <class T>
void recursive_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  check_product_shapes("recursive_product", A, B, C);
  fill_zero(C);
  add_halves(arena, A, B, C);
}

template void recursive_product(Arena&, MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void recursive_product(Arena&, MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace thrum::linalg::textbook
