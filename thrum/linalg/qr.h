#pragma once

#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// Replaces A, (m, n) with m >= n, by Q of the same shape, whose columns are orthonormal, and sets R, (n, n), to the
/// upper triangle with A = Q R, whose diagonal is not negative. Both are unique where A has full rank; Q is orthonormal
/// in any case. R must not overlap A.
///
/// Householder's reflections from LAPACK. A tall matrix is cut into blocks of rows that follow from its shape, each is
/// factored by itself, and so are their triangles, one below the other: J. Demmel et al., "Communication-optimal
/// parallel and sequential QR and LU factorizations", 2012. So the same bits for any number of threads. Below 16 times
/// as many rows as columns there is one block, and one thread at work.
///
/// Throws invalid_argument for shapes that do not fit or exceed 2^31 - 1, for numbers that are not finite, and where
/// a column is so long that its norm is not; io as blas_info; out_of_memory; cancelled between blocks. A then holds
/// anything. Thread-safe.
void qr_factor(Arena& arena, MatrixView<float> A, MatrixView<float> R, std::stop_token stop = {});
void qr_factor(Arena& arena, MatrixView<double> A, MatrixView<double> R, std::stop_token stop = {});

}  // namespace thrum::linalg
