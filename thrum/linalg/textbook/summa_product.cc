#include <fmt/format.h>

#include "thrum/linalg/gemm.h"
#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/textbook/shapes_internal.h"
#include "thrum/linalg/textbook/travelling_block_internal.h"

namespace thrum::linalg::textbook {

void check_blocks(const char* where, const RankGrid& grid, MatrixView<const double> A, MatrixView<const double> B,
                  MatrixView<double> C) {
  if (grid.n_rows() != grid.n_cols()) {
    refuse_shapes(where, fmt::format("expected a square grid of ranks, got {} x {}", grid.n_rows(), grid.n_cols()));
  }
  check_product_shapes(where, A, B, C);
}

void summa_product(Arena& arena, const RankGrid& grid, MatrixView<const double> A, MatrixView<const double> B,
                   MatrixView<double> C) {
  check_blocks("summa_product", grid, A, B, C);
  for (int step = 0; step < grid.n_cols(); ++step) {
    TravellingBlock a(A), b(B);
    grid.row_ranks().broadcast(std::span(a.elements), step);
    grid.col_ranks().broadcast(std::span(b.elements), step);
    gemm(arena, a.view(), b.view(), C, {.beta = step == 0 ? 0.0 : 1.0});
  }
}

}  // namespace thrum::linalg::textbook
