#pragma once

#include <cstddef>
#include <memory>

#include "thrum/comm/communicator.h"
#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

/// Matrix products whose operands lie in blocks on the ranks of a communicator. Every rank calls them together. C must
/// not overlap A or B. The same bits whatever the number of threads of a rank. To be read; local blocks are multiplied
/// by linalg::gemm.
namespace thrum::linalg::textbook {

/// The ranks as a grid of rows and columns, in row-major order.
class RankGrid {
 public:
  /// Throws invalid_argument unless the communicator has n_rows * n_cols ranks.
  RankGrid(Communicator& communicator, int n_rows, int n_cols);

  int n_rows() const noexcept { return n_rows_; }
  int n_cols() const noexcept { return n_cols_; }
  int row() const noexcept { return row_; }  ///< where this rank stands
  int col() const noexcept { return col_; }
  Communicator& row_ranks() const noexcept { return *row_ranks_; }  ///< those of the same row, by column
  Communicator& col_ranks() const noexcept { return *col_ranks_; }  ///< those of the same column, by row

 private:
  int n_rows_;
  int n_cols_;
  int row_;
  int col_;
  std::unique_ptr<Communicator> row_ranks_;
  std::unique_ptr<Communicator> col_ranks_;
};

/// C = A B where each rank holds the block (row, col) of A: (m, k) each, of B: (k, n) each and of C: (m, n) each, all
/// blocks of one matrix being equal in shape. The grid is square: in step s the ranks of column s send their part of A
/// along the rows, those of row s their part of B along the columns, and everyone multiplies what arrived. R. A. van de
/// Geijn and J. Watts, "SUMMA: scalable universal matrix multiplication algorithm", 1997.
///
/// Throws invalid_argument for a grid that is not square and for shapes that do not fit; as the communicator and gemm.
void summa_product(Arena& arena, const RankGrid& grid, MatrixView<const double> A, MatrixView<const double> B,
                   MatrixView<double> C);

/// The same blocks, but each rank only ever holds one block of A and one of B, which travel: after the blocks have been
/// aligned, row i by i places and column j by j, every step multiplies and shifts A by one to the left, B by one
/// upwards. L. E. Cannon, "A cellular computer to implement the Kalman filter algorithm", 1969.
///
/// The communicator knows no messages between two ranks, so a shift is an all-gather here, which sends more.
void cannon_product(Arena& arena, const RankGrid& grid, MatrixView<const double> A, MatrixView<const double> B,
                    MatrixView<double> C);

}  // namespace thrum::linalg::textbook
