#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// Replaces the lower triangle of A, (n, n), symmetric and positive definite, by L with A = L L^T. What lies above the
/// diagonal is neither read nor written. The same bits for any number of threads.
///
/// Returns nothing on success, or the first pivot (an index from 0) that is not a positive number: the leading
/// (pivot + 1, pivot + 1) part of A is not positive definite within rounding, or holds NaN; A is then spoiled.
///
/// Throws invalid_argument when A is not square or exceeds 2^31 - 1; io as blas_info; out_of_memory; cancelled.
/// Thread-safe.
[[nodiscard]] std::optional<std::size_t> cholesky_factor(Arena& arena, MatrixView<float> A, std::stop_token stop = {});
[[nodiscard]] std::optional<std::size_t> cholesky_factor(Arena& arena, MatrixView<double> A, std::stop_token stop = {});

/// Replaces B, (n, n_rhs), by the solution X of L L^T X = B, for an L from cholesky_factor. The same bits for any
/// number of threads.
///
/// Throws invalid_argument for shapes that do not fit; io as blas_info; out_of_memory. Thread-safe.
void cholesky_solve(Arena& arena, MatrixView<const float> L, MatrixView<float> B);
void cholesky_solve(Arena& arena, MatrixView<const double> L, MatrixView<double> B);

}  // namespace thrum::linalg
