#pragma once

#include <optional>
#include <span>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/model/linear/inference.h"

namespace thrum {

/// A fit of means without a penalty, which has converged.
struct FittedMeans {
  MeanFamily family;
  const DesignMatrix<double>& x;
  const LogisticTargets<double>& targets;
  std::span<const double> y;           ///< of this rank's rows
  std::span<const double> parameters;  ///< for the columns of x
  double objective;                    ///< the mean of the kernel's loss
  bool fit_intercept;
  std::vector<double> hessian = {};  ///< of counts, at the parameters

  double n_parameters() const { return static_cast<double>(x.n_columns() + (fit_intercept ? 1 : 0)); }
};

/// What the data say about the coefficients, for the columns of `own`; x was encoded by `shared` (collective). The
/// covariance is phi (X^T W X)^-1 with the expected information W: s m of counts, where phi is 1; s of amounts, where
/// phi is Pearson's statistic, sum_i s_i (y_i/m_i - 1)^2, divided by its degrees of freedom (McCullagh and Nelder,
/// Generalized Linear Models, 1989, sections 4.4 and 8.3). nullopt where columns depend on each other, or nothing is
/// left to estimate phi from.
std::optional<Inference> infer_means(const FittedMeans& fit, const Encoder& shared, const Encoder& own,
                                     const Execution& execution);

}  // namespace thrum
