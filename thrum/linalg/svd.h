#pragma once

#include <span>
#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// The thin singular value decomposition A = U diag(s) Vt.
///
/// A: (m, n), k = min(m, n); U: (m, k) with orthonormal columns; s: k, descending, not negative; Vt: (k, n) with
/// orthonormal rows, in each of which the number of largest magnitude is positive, so that signs do not depend on the
/// method. They must not overlap.
///
/// What is long is brought to a square by qr_factor and multiplied back by gemm, on all threads; the square is
/// decomposed by LAPACK's gesdd in one thread, which no stop request reaches. The same bits for any number of threads.
/// Memory: a copy of A.
///
/// Throws invalid_argument for shapes that do not fit or exceed 2^31 - 1, where k exceeds 16384, and as qr_factor;
/// internal where gesdd does not converge; io as blas_info; out_of_memory; cancelled. U, s and Vt then hold anything.
/// Thread-safe.
void svd(Arena& arena, MatrixView<const float> A, MatrixView<float> U, std::span<float> s, MatrixView<float> Vt,
         std::stop_token stop = {});
void svd(Arena& arena, MatrixView<const double> A, MatrixView<double> U, std::span<double> s, MatrixView<double> Vt,
         std::stop_token stop = {});

}  // namespace thrum::linalg
