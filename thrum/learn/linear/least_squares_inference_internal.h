#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "thrum/model/linear/linear_regression_model.h"

namespace thrum {

/// Least squares without a penalty, as far as their standard errors depend on it.
struct LeastSquaresFit {
  std::span<const double> gram;  ///< of (x, 1, y), (n + 2)^2 row-major, lower triangle
  double total_weight = 0;
  double squared_error = 0;  ///< sum_i s_i r_i^2
  bool independent = true;   ///< whether the columns are
  bool fit_intercept = true;
};

/// Gives the model its standard errors and likelihood for the columns of `own`, or says why there are none. shared: the
/// encoder of the n columns of the Gram matrix.
void infer(const LeastSquaresFit& fit, const Encoder& shared, const Encoder& own, LinearRegressionModel::Parts& parts);

/// Where the columns have a lower rank than they are many.
std::string dependence_warning(std::size_t n_columns, std::size_t rank);

}  // namespace thrum
