#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/data/encoder.h"
#include "thrum/linalg/csr_matrix.h"

namespace thrum {

/// The encoded rows of all ranks, in global order, on each of them.
struct GatheredRows {
  std::vector<double> x;  ///< (n, n_columns) row-major
  std::vector<double> y;
  std::size_t n_columns = 0;

  MatrixView<const double> matrix() const { return {x.data(), y.size(), n_columns}; }
};

/// Collective. Throws cancelled.
GatheredRows gather_rows(const Dataset& dataset, const Encoder& encoder, const Execution& execution);

/// The same of a sparse matrix. Collective.
linalg::CsrMatrix gather_rows(const linalg::CsrMatrix& X, Communicator& communicator);

/// The numbers of all ranks, one per row, in global order (collective).
std::vector<double> gather_values(std::span<const double> mine, Communicator& communicator);

}  // namespace thrum
