#pragma once

#include <cstddef>
#include <span>
#include <string_view>
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

/// Who takes the rows one after another, and is named where that matters.
struct RowByRow {
  std::string_view where;   ///< the learner
  std::string_view solver;  ///< as a message calls it
  std::string_view remedy;  ///< what trains within a limit of memory
};

/// Where there are several ranks, says that each holds all rows. Collective. Throws cancelled, and invalid_argument
/// where a limit of memory is to be kept.
GatheredRows gather_rows(const Dataset& dataset, const Encoder& encoder, const RowByRow& taker,
                         const Execution& execution);

/// The same of a sparse matrix. Collective.
linalg::CsrMatrix gather_rows(const linalg::CsrMatrix& X, const RowByRow& taker, Communicator& communicator);

/// The numbers of all ranks, one per row, in global order (collective).
std::vector<double> gather_values(std::span<const double> mine, Communicator& communicator);

}  // namespace thrum
