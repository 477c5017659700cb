#pragma once

#include <cstddef>
#include <span>

#include "thrum/core/view.h"
#include "thrum/linalg/csr_matrix.h"

namespace thrum {

/// Rows of a matrix with their targets, indices of classes or numbers, and what they weigh (empty: 1). Refers to what
/// it was made of.
template <class Matrix>
struct MatrixRows {
  const Matrix& X;  ///< (n, n_columns)
  std::span<const double> y;
  std::span<const double> weights = {};
  std::size_t first_row = 0;  ///< where the first one stands among those of all ranks, for messages

  double weight(std::size_t i) const { return weights.empty() ? 1 : weights[i]; }
};

using DenseRows = MatrixRows<MatrixView<const double>>;
using SparseRows = MatrixRows<linalg::CsrMatrix>;

}  // namespace thrum
