#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/matrix_rows.h"

namespace thrum {

/// Why a fit with some options needs a dense matrix, and what to do about it.
struct DenseNeed {
  std::string why;     ///< "the solver saga needs a dense matrix"
  std::string remedy;  ///< "use solver=newton-cd or auto"; may be ""
};

/// A linear model of the columns of a matrix as they are.
struct SparseSolution {
  std::vector<double> coefficients;  ///< (n_outputs, n_columns) row-major; one output but for three classes or more
  std::vector<double> intercepts;    ///< (n_outputs)
  double objective = 0;              ///< of the mean of the loss, with the penalty
  double kkt = 0;                    ///< the largest component of its gradient
  std::size_t iterations = 0;
  bool converged = false;
  /// Whether the objective of a fit without a penalty has no minimum, which is looked for where there are 256
  /// parameters at most; not converged then.
  bool separable = false;
  std::string_view solver = {};  ///< "lbfgs", "newton-cd", "newton-cd by columns" or "cholesky"
  double total_weight = 0;       ///< of the rows, with those of their classes
};

/// The fits of the learners of these names over a sparse matrix, without ever making it dense: the same optimum as of
/// the same matrix dense. With `standardize` a column is divided by its deviation, zeros included, for the penalty; it
/// is not centred, which with an intercept changes nothing, and without one is refused. On several ranks each gives its
/// rows, which begin at a multiple of row_block of the rows of all (collective); the same bits for any number of
/// threads and ranks. With dtype "float32" values are rounded to that, if the matrix does not hold them so already, and
/// computed with in double precision.
///
/// The search is L-BFGS with a pass over the rows per iteration; with an L1 part of the penalty Newton's method with
/// coordinate descent on the coefficients that may not be zero: over the products of the columns where these are few,
/// else over the columns themselves, of which each rank then holds all.
/// Throws invalid_argument for shapes and values that do not fit, and where dense_need says so; cancelled.
///
/// n_classes: two or more; y: their indices; of class_weight they are the labels.
SparseSolution fit_logistic_regression(const SparseRows& rows, std::size_t n_classes,
                                       const LogisticRegressionOptions& options, const Execution& execution);
/// Of all linear regressions. That of ridge is 1/(2 S) (sum_i s_i r_i^2 + alpha |w|^2) here; it is found as near as the
/// arithmetic comes. With an L1 part, tol is a violation of optimality in parts of that. Without a penalty the
/// equations of the columns are solved: the smallest of the best where there are many.
SparseSolution fit_linear_regression(const SparseRows& rows, LinearPenalty penalty,
                                     const LinearRegressionOptions& options, const Execution& execution);
SparseSolution fit_log_linear_regression(const SparseRows& rows, MeanFamily family,
                                         const LogLinearRegressionOptions& options, const Execution& execution);

/// Why these fits need a dense matrix with these options; nullopt where they do not.
std::optional<DenseNeed> dense_need(const LogisticRegressionOptions& options);
std::optional<DenseNeed> dense_need(LinearPenalty penalty, const LinearRegressionOptions& options,
                                    std::size_t n_columns);
std::optional<DenseNeed> dense_need(const LogLinearRegressionOptions& options);

}  // namespace thrum
