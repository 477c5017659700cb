#include <algorithm>

#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/textbook/products.h"
#include "thrum/linalg/textbook/shapes_internal.h"

namespace thrum::linalg::textbook {
namespace {

/// Three blocks of this edge take 192 KiB in float64: a second-level cache holds them, and a row of one the first.
constexpr std::size_t edge = 90;

std::size_t end_of_block(std::size_t begin, std::size_t n) {
  return std::min(n, begin + edge);
}

}  // namespace

template <class T>
void blocked_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C) {
  check_product_shapes("blocked_product", A, B, C);
  parallel_for(arena, C.rows(), edge, [&](std::size_t i, std::size_t i_end) {
    fill_zero(C.row_range(i, i_end));
    for (std::size_t l = 0; l < A.cols(); l += edge) {
      const std::size_t l_end = end_of_block(l, A.cols());
      for (std::size_t j = 0; j < C.cols(); j += edge) {
        const std::size_t j_end = end_of_block(j, C.cols());
        add_product(block_of(A, {i, i_end, l, l_end}), block_of(B, {l, l_end, j, j_end}),
                    block_of(C, {i, i_end, j, j_end}));
      }
    }
  });
}

template void blocked_product(Arena&, MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void blocked_product(Arena&, MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace thrum::linalg::textbook
