#pragma once

#include "thrum/core/dtype.h"
#include "thrum/runtime/parallel.h"

/// What the machine can do at best, measured: the yardsticks beside which `thrum doctor` and the benchmarks print their
/// figures. Each measurement takes about 50 ms, runs at simd_level() and wants the machine to itself.
namespace thrum::linalg {

/// Fused multiply-adds on registers alone, on all places of the arena, in GFLOP/s (a multiply-add is two). dtype: f32
/// or f64; throws invalid_argument for others.
double measure_fma_peak(Arena& arena, DType dtype);

/// Reading memory that no cache holds, on all places of the arena, in GB/s: the best of several passes. Allocates twice
/// the last-level cache for the time of the call. Throws out_of_memory.
double measure_read_bandwidth(Arena& arena);

}  // namespace thrum::linalg
