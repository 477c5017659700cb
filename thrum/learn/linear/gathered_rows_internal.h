#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "thrum/comm/execution.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/data/encoder.h"
#include "thrum/learn/linear/zeroed_array_internal.h"
#include "thrum/linalg/csr_matrix.h"

namespace thrum {

/// A number for each row of all ranks, in global order. On several ranks each has a copy, in memory or where
/// Execution::scratch says; on one it refers to its own.
class RowValues {
 public:
  /// Collective. REQUIRES: the rows are those of rows_of_rank.
  RowValues(std::span<const double> mine, const Execution& execution);

  std::span<const double> values() const noexcept { return values_; }

 private:
  ZeroedArray<double> gathered_;
  std::span<const double> values_;
};

/// The encoded rows of all ranks, in global order, on each of them: in memory, or where Execution::scratch says. Refers
/// to the dataset.
struct GatheredRows {
  ZeroedArray<double> x;  ///< (n, n_columns) row-major
  RowValues y;
  std::size_t n_columns = 0;

  MatrixView<const double> matrix() const { return {x.data(), y.values().size(), n_columns}; }
};

/// Who takes the rows, or their columns, one after another, and is named where each of several ranks holds all rows.
struct RowByRow {
  std::string_view where;   ///< the learner
  std::string_view solver;  ///< as a message calls it
  std::string_view what = "row";
};

/// Collective. Throws cancelled and out_of_memory.
GatheredRows gather_rows(const Dataset& dataset, const Encoder& encoder, const RowByRow& taker,
                         const Execution& execution);

/// The same of a sparse matrix, in memory. Collective. Throws out_of_memory.
linalg::CsrMatrix gather_rows(const linalg::CsrMatrix& X, const RowByRow& taker, const Execution& execution);

}  // namespace thrum
