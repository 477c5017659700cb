#pragma once

#include <span>

#include "thrum/learn/linear/logistic_kernel_internal.h"

namespace thrum {

/// Adds the Hessian of the loss of two classes, sum_i s_i p_i (1 - p_i) x'_i x'_i^T with x' = (x, 1), to `sums`,
/// (n_columns + 1, n_columns + 1) row-major, lower triangle. Sums are in T. REQUIRES: coefficients.n_outputs is 1.
/// The result depends on the arguments and the instruction set only.
void add_logistic_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                          std::span<double> sums);
void add_logistic_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                          std::span<double> sums);

/// The same for three classes or more: (n, n), lower triangle, in the order W (n_outputs, n_columns), then b.
/// REQUIRES: coefficients.n_outputs is more than 1.
void add_multinomial_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                             std::span<double> sums);
void add_multinomial_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                             std::span<double> sums);

}  // namespace thrum
