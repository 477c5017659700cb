#include <fmt/format.h>

#include "thrum/linalg/matrix_internal.h"
#include "thrum/linalg/textbook/distributed_products.h"

namespace thrum::linalg::textbook {

RankGrid::RankGrid(Communicator& communicator, int n_rows, int n_cols)
    : n_rows_(n_rows), n_cols_(n_cols), row_(0), col_(0) {
  if (n_rows < 1 || n_cols < 1 || n_rows * n_cols != communicator.size()) {
    refuse_shapes("RankGrid",
                  fmt::format("expected a grid of {} ranks, got {} x {}", communicator.size(), n_rows, n_cols));
  }
  row_ = communicator.rank() / n_cols;
  col_ = communicator.rank() % n_cols;
  row_ranks_ = communicator.split(row_, col_);
  col_ranks_ = communicator.split(col_, row_);
}

}  // namespace thrum::linalg::textbook
