#pragma once

#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

struct GemmOptions {
  bool transpose_a = false;
  bool transpose_b = false;
  double alpha = 1;
  double beta = 0;  ///< 0: C is not read, so it may hold anything
  std::stop_token stop = {};
};

/// C = alpha op(A) op(B) + beta C, where op is the identity or the transpose.
///
/// op(A): (m, k), op(B): (k, n), C: (m, n), row-major with any stride; C must not overlap A or B. The result
/// has the same bits for any number of threads. Where each dimension is 256 or more and the machine has fused
/// multiply-adds, a kernel of our own runs, in small tasks that share packed operands; else OpenBLAS (blas_info), in
/// tasks that follow from (m, n, k).
///
/// Throws invalid_argument for shapes that do not fit or exceed 2^31 - 1; io as blas_info; out_of_memory; cancelled,
/// after which C holds anything. Thread-safe.
void gemm(Arena& arena, MatrixView<const float> A, MatrixView<const float> B, MatrixView<float> C,
          const GemmOptions& options = {});
void gemm(Arena& arena, MatrixView<const double> A, MatrixView<const double> B, MatrixView<double> C,
          const GemmOptions& options = {});

}  // namespace thrum::linalg
