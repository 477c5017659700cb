#pragma once

#include <span>

#include "thrum/learn/linear/logistic_kernel_internal.h"

namespace thrum {

/// Adds the Hessian of the loss of one output in some `columns`, ascending, sum_i s_i l''_i x'_i x'_i^T with x' =
/// (these of x, 1), to `sums`, (columns.size() + 1)^2 row-major, lower triangle; l'' is p (1 - p) of two classes,
/// exp(z) of Poisson's and y exp(-z) of gamma's loss. Sums are in T. REQUIRES: coefficients.n_outputs is 1. The result
/// depends on the arguments and the instruction set only.
void add_logistic_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                          std::span<const std::size_t> columns, std::span<double> sums);
void add_logistic_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                          std::span<const std::size_t> columns, std::span<double> sums);

/// The same for three classes or more: (n, n), lower triangle, in the order W (n_outputs, n_columns), then b.
/// REQUIRES: coefficients.n_outputs is more than 1.
void add_multinomial_hessian(const LogisticRows<float>& rows, const LogisticCoefficients<float>& coefficients,
                             std::span<double> sums);
void add_multinomial_hessian(const LogisticRows<double>& rows, const LogisticCoefficients<double>& coefficients,
                             std::span<double> sums);

}  // namespace thrum
