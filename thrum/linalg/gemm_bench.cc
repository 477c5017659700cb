#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/core/median_internal.h"
#include "thrum/linalg/add.h"
#include "thrum/linalg/cholesky.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/gemm_measurement.h"
#include "thrum/linalg/peak.h"
#include "thrum/linalg/syrk.h"

namespace thrum::linalg {
namespace {

/// Enough products of (n, n) for a tenth of a second at 200 GFLOP/s, as bench/matmul.py asks of the peers.
int repeats_of(std::size_t n) {
  return static_cast<int>(std::max<std::size_t>(1, 10'000'000'000 / (n * n * n)));
}

/// Products of (n, n) on a number of threads; "share" is of the peak measured in the same run.
template <class T>
void BM_Gemm(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Arena arena(static_cast<int>(state.range(1)));
  GemmMeasurement last;
  for (auto _ : state) {
    last = measure_gemm(arena, n, dtype_of<T>, repeats_of(n));
    state.SetIterationTime(last.seconds);
  }
  state.counters["GFLOP/s"] = last.gflops;
  state.counters["peak"] = last.peak_gflops;
  state.counters["share"] = last.share;
}
BENCHMARK(BM_Gemm<float>)->ArgsProduct({{512, 1000, 2048, 4096}, {1, 2}})->UseManualTime()->Iterations(1);
BENCHMARK(BM_Gemm<double>)->ArgsProduct({{512, 1000, 2048, 4096}, {1, 2}})->UseManualTime()->Iterations(1);

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

double seconds_of(FunctionRef<void()> f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// STREAM's loop "add" (J. D. McCalpin, 1995): each thread adds its part of three arrays.
void stream_add(Arena& arena, const std::vector<double>& a, const std::vector<double>& b, std::vector<double>& c) {
  const std::size_t part = (c.size() + static_cast<std::size_t>(arena.slots()) - 1) / arena.slots();
  parallel_for(arena, c.size(), part, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) c[i] = a[i] + b[i];
  });
}

/// (5000, 5000) matrices, in turn with STREAM's loop over as many numbers; GB/s count two reads and one write.
void BM_Add(benchmark::State& state) {
  constexpr std::size_t n = 5000;
  Arena arena(static_cast<int>(state.range(0)));
  const std::vector<double> a(n * n, 1.5), b(n * n, 2.25);
  std::vector<double> ours(n * n), theirs(n * n);
  std::vector<double> our_seconds, their_seconds;
  for (auto _ : state) {
    our_seconds.push_back(seconds_of([&] {
      add(arena, MatrixView<const double>(a.data(), n, n), MatrixView<const double>(b.data(), n, n),
          MatrixView<double>(ours.data(), n, n));
    }));
    their_seconds.push_back(seconds_of([&] { stream_add(arena, a, b, theirs); }));
    state.SetIterationTime(our_seconds.back());
  }
  if (ours != theirs) state.SkipWithError("the sums differ");
  const double bytes = 3.0 * n * n * sizeof(double);
  state.counters["GB/s"] = bytes / median(our_seconds) / 1e9;
  state.counters["STREAM"] = bytes / median(their_seconds) / 1e9;
}
BENCHMARK(BM_Add)->Arg(1)->Arg(2)->UseManualTime()->Iterations(11)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace thrum::linalg
