#pragma once

#include <stop_token>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// C = A + B, all (m, n), row-major with any stride; C may be A or B, but must not overlap them otherwise. Large
/// results are written past the caches, since what is written there would first be read. Bound by the memory's
/// bandwidth: two reads and one write per element. The same bits for any number of threads.
///
/// Throws invalid_argument for shapes that differ; cancelled, after which C holds anything. Thread-safe.
void add(Arena& arena, MatrixView<const float> A, MatrixView<const float> B, MatrixView<float> C,
         std::stop_token stop = {});
void add(Arena& arena, MatrixView<const double> A, MatrixView<const double> B, MatrixView<double> C,
         std::stop_token stop = {});

}  // namespace thrum::linalg
