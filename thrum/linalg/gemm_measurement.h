#pragma once

#include <cstddef>

#include "thrum/core/dtype.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// What gemm reached beside the peak that was measured between its calls.
struct GemmMeasurement {
  std::size_t n = 0;
  DType dtype = DType::f64;
  int threads = 0;
  int repeats = 0;
  double seconds = 0;      ///< median of one product
  double gflops = 0;       ///< median GFLOP/s of the products
  double peak_gflops = 0;  ///< median of the multiply-add peaks, measured in turn with the products
  double share = 0;        ///< median of (product / the mean of the peaks before and after it)
};

/// Multiplies two (n, n) matrices of random numbers `repeats` times on all places of `arena`, measuring the peak in
/// between, and checks the result at a few places against sums of its own before it believes a time.
///
/// Throws invalid_argument for n or repeats < 1 and dtypes but f32 and f64; io as blas_info; internal when the product
/// is wrong.
GemmMeasurement measure_gemm(Arena& arena, std::size_t n, DType dtype, int repeats = 5);

}  // namespace thrum::linalg
