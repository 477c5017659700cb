#pragma once

#include <memory>

#include "thrum/core/options.h"
#include "thrum/learn/linear/sparse_fits.h"

namespace thrum {

/// The model of fit_logistic_regression. schema: the columns of the matrix as features, all numbers, and the classes.
/// Throws as it.
std::unique_ptr<LogisticRegressionModel> train_logistic_regression(const SparseRows& rows, const Schema& schema,
                                                                   const Options& options, const Execution& execution);

}  // namespace thrum
