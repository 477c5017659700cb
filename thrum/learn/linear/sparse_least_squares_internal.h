#pragma once

#include <vector>

#include "thrum/learn/linear/sparse_fits.h"

namespace thrum {

/// Columns of which the products are summed up: their sums take 175 MB.
inline constexpr std::size_t most_multiplied_columns = 2500;

/// Least squares without a penalty over sparse rows.
struct SparseLeastSquares {
  SparseSolution solution;
  std::vector<double> gram;  ///< of (x, 1, y less about its mean), (n_columns + 2)^2 row-major, lower triangle
  double squared_error = 0;  ///< sum_i s_i r_i^2
  std::size_t rank = 0;      ///< of the columns
};

/// Solves the equations of the products of all columns, which it sums up in one pass over the rows (collective).
/// Throws invalid_argument where no row has a weight above 0, and for squares that float64 cannot hold.
SparseLeastSquares solve_least_squares(const SparseRows& rows, const LinearRegressionOptions& options,
                                       const Execution& execution);

}  // namespace thrum
