#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/matrix_rows.h"

namespace thrum {

/// A linear model of the columns of a matrix as they are.
struct SparseSolution {
  std::vector<double> coefficients;  ///< (n_outputs, n_columns) row-major; one output but for three classes or more
  std::vector<double> intercepts;    ///< (n_outputs)
  double objective = 0;              ///< of the mean of the loss, with the penalty
  double kkt = 0;                    ///< the largest component of its gradient
  std::size_t iterations = 0;
  bool converged = false;
};

/// The fits of the learners of these names over a sparse matrix, without ever making it dense: the same optimum as of
/// the same matrix dense. With `standardize` a column is divided by its deviation, zeros included, for the penalty; it
/// is not centred, which with an intercept changes nothing, and without one is refused. On several ranks each gives its
/// rows, which begin at a multiple of row_block of the rows of all (collective); the same bits for any number of
/// threads and ranks.
///
/// The search is L-BFGS with a pass over the rows per iteration; of classes with an L1 part of the penalty, Newton's
/// method with coordinate descent on the coefficients that are not zero. Throws invalid_argument for shapes and values
/// that do not fit, for more such coefficients than Newton's method takes, and for options that need a dense matrix:
/// another solver, positive, dtype=float32; cancelled.
///
/// n_classes: two or more; y: their indices; of class_weight they are the labels.
SparseSolution fit_logistic_regression(const SparseRows& rows, std::size_t n_classes,
                                       const LogisticRegressionOptions& options, const Execution& execution);
/// The objective is 1/S of that of ridge: 1/(2 S) (sum_i s_i r_i^2 + alpha |w|^2).
SparseSolution fit_ridge(const SparseRows& rows, const LinearRegressionOptions& options, const Execution& execution);
SparseSolution fit_log_linear_regression(const SparseRows& rows, MeanFamily family,
                                         const LogLinearRegressionOptions& options, const Execution& execution);

}  // namespace thrum
