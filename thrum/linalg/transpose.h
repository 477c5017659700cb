#pragma once

#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// B = A^T, in square tiles that stay in the first cache. A: (m, n), B: (n, m), row-major with any stride, which must
/// not overlap. Products read transposed operands as they are (GemmOptions): this is for what reads them many times.
///
/// Throws invalid_argument for shapes that do not fit; cancelled, after which B holds anything. Thread-safe.
void transpose(Arena& arena, MatrixView<const float> A, MatrixView<float> B, std::stop_token stop = {});
void transpose(Arena& arena, MatrixView<const double> A, MatrixView<double> B, std::stop_token stop = {});

}  // namespace thrum::linalg
