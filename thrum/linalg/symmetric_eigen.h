#pragma once

#include <span>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// Replaces A, (n, n) and symmetric, by its eigenvectors: row i becomes the one of values[i], of length 1, its number
/// of largest magnitude positive, so that A = V^T diag(values) V for the V it becomes. `values`: n, ascending. Of A
/// only the lower triangle is read.
///
/// LAPACK's syevd in one thread, which no stop request reaches; so the same bits for any arena.
///
/// Throws invalid_argument for shapes that do not fit, where n exceeds 16384, and for numbers that are not finite;
/// internal where syevd does not converge; io as blas_info; out_of_memory. A then holds anything. Thread-safe.
void symmetric_eigen(Arena& arena, MatrixView<float> A, std::span<float> values);
void symmetric_eigen(Arena& arena, MatrixView<double> A, std::span<double> values);

}  // namespace thrum::linalg
