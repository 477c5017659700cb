#include <benchmark/benchmark.h>

#include <vector>

#include "thrum/linalg/cholesky.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/gemm_measurement.h"
#include "thrum/linalg/peak.h"
#include "thrum/linalg/syrk.h"

namespace thrum::linalg {
namespace {

/// Products of (n, n) on a number of threads; "share" is of the peak measured in the same run.
template <class T>
void BM_Gemm(benchmark::State& state) {
  Arena arena(static_cast<int>(state.range(1)));
  GemmMeasurement last;
  for (auto _ : state) {
    last = measure_gemm(arena, static_cast<std::size_t>(state.range(0)), dtype_of<T>, 5);
    state.SetIterationTime(last.seconds);
  }
  state.counters["GFLOP/s"] = last.gflops;
  state.counters["peak"] = last.peak_gflops;
  state.counters["share"] = last.share;
}
BENCHMARK(BM_Gemm<float>)->ArgsProduct({{500, 1000, 2000, 4000}, {1, 2}})->UseManualTime()->Iterations(1);
BENCHMARK(BM_Gemm<double>)->ArgsProduct({{500, 1000, 2000, 4000}, {1, 2}})->UseManualTime()->Iterations(1);

/// The Gram matrix of (rows, n), as normal equations need it; "share" is of the peak measured before.
void BM_Gram(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0)), n = static_cast<std::size_t>(state.range(1));
  Arena arena(static_cast<int>(state.range(2)));
  std::vector<double> A(rows * n, 0.5), C(n * n);
  const double peak = measure_fma_peak(arena, DType::f64) * 1e9;
  for (auto _ : state) {
    syrk(arena, MatrixView<const double>(A.data(), rows, n), MatrixView<double>(C.data(), n, n), {.transpose = true});
    benchmark::DoNotOptimize(C.data());
  }
  const double operations = static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(n + 1);
  state.counters["share"] = benchmark::Counter(operations / peak, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Gram)->ArgsProduct({{1000000}, {32, 128}, {1, 2}})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Gram)->ArgsProduct({{20000}, {1000}, {1, 2}})->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Cholesky(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Arena arena(static_cast<int>(state.range(1)));
  std::vector<double> A(n * n, 0.5), L;
  for (std::size_t i = 0; i < n; ++i) A[i * n + i] = static_cast<double>(n);
  const double peak = measure_fma_peak(arena, DType::f64) * 1e9;
  for (auto _ : state) {
    L = A;
    if (cholesky_factor(arena, MatrixView<double>(L.data(), n, n))) state.SkipWithError("not positive definite");
  }
  const double operations = static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n) / 3;
  state.counters["share"] = benchmark::Counter(operations / peak, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Cholesky)->ArgsProduct({{500, 2000}, {1, 2}})->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace thrum::linalg
