#pragma once

#include <span>

#include "thrum/learn/linear/logistic_kernel_internal.h"

namespace thrum {

/// Adds the Hessian of the loss at `at`, times `direction`, to `sums`: W (n_outputs, n_columns), then b (n_outputs).
/// The Hessian itself is never formed. Sums inside a tile are in T. The result depends on the arguments and the
/// instruction set only.
void add_logistic_product(const LogisticRows<float>& rows, const LogisticCoefficients<float>& at,
                          const LogisticCoefficients<float>& direction, std::span<double> sums);
void add_logistic_product(const LogisticRows<double>& rows, const LogisticCoefficients<double>& at,
                          const LogisticCoefficients<double>& direction, std::span<double> sums);

}  // namespace thrum
