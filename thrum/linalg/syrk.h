#pragma once

#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

struct SyrkOptions {
  bool transpose = false;  ///< A^T A, the Gram matrix of the columns, instead of A A^T
  double alpha = 1;
  double beta = 0;  ///< 0: C is not read, so it may hold anything
  std::stop_token stop = {};
};

/// C = alpha op(A) op(A)^T + beta C, at half the work of gemm.
///
/// op(A): (n, k), C: (n, n), symmetric: its lower triangle is read (unless beta is 0) and both are written, equal to
/// the bit. C must not overlap A. The same bits for any number of threads.
///
/// Throws invalid_argument for shapes that do not fit or exceed 2^31 - 1; io as blas_info; out_of_memory; cancelled,
/// after which C holds anything. Thread-safe.
void syrk(Arena& arena, MatrixView<const float> A, MatrixView<float> C, const SyrkOptions& options = {});
void syrk(Arena& arena, MatrixView<const double> A, MatrixView<double> C, const SyrkOptions& options = {});

}  // namespace thrum::linalg
