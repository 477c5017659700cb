#pragma once

#include <span>
#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

struct GemvOptions {
  bool transpose = false;
  double alpha = 1;
  double beta = 0;  ///< 0: y is not read, so it may hold anything
  std::stop_token stop = {};
};

/// y = alpha op(A) x + beta y.
///
/// op(A): (m, n), row-major with any stride, x: n, y: m; y must not overlap A or x. The same bits for any number of
/// threads.
///
/// Throws invalid_argument for shapes that do not fit or exceed 2^31 - 1; io as blas_info; out_of_memory; cancelled,
/// after which y holds anything. Thread-safe.
void gemv(Arena& arena, MatrixView<const float> A, std::span<const float> x, std::span<float> y,
          const GemvOptions& options = {});
void gemv(Arena& arena, MatrixView<const double> A, std::span<const double> x, std::span<double> y,
          const GemvOptions& options = {});

}  // namespace thrum::linalg
