#include "thrum/linalg/gemm.h"
#include "thrum/linalg/textbook/travelling_block_internal.h"

namespace thrum::linalg::textbook {
namespace {

/// The block of the rank that is `places` further along the ring, as all ranks of it ask for theirs.
void shift(TravellingBlock& block, int places, Communicator& ring) {
  auto blocks = ring.allgatherv(std::span<const double>(block.elements));
  block.elements = std::move(blocks[static_cast<std::size_t>((ring.rank() + places) % ring.size())]);
}

}  // namespace

void cannon_product(Arena& arena, const RankGrid& grid, MatrixView<const double> A, MatrixView<const double> B,
                    MatrixView<double> C) {
  check_blocks("cannon_product", grid, A, B, C);
  TravellingBlock a(A), b(B);
  shift(a, grid.row(), grid.row_ranks());
  shift(b, grid.col(), grid.col_ranks());
  for (int step = 0; step < grid.n_cols(); ++step) {
    gemm(arena, a.view(), b.view(), C, {.beta = step == 0 ? 0.0 : 1.0});
    if (step + 1 == grid.n_cols()) return;
    shift(a, 1, grid.row_ranks());
    shift(b, 1, grid.col_ranks());
  }
}

}  // namespace thrum::linalg::textbook
