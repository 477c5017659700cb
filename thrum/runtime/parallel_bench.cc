// What a loop costs beside the work in it, and what it costs in oneTBB and OpenMP.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <cstddef>
#include <ranges>

#include "thrum/runtime/parallel.h"
#include "thrum/runtime/parallel_calls.h"

namespace thrum {
namespace {

constexpr int fib_argument = 22;
constexpr int fib_value = 17711;

void empty_for_thrum(benchmark::State& state) {
  Arena arena(static_cast<int>(state.range(0)));
  const auto chunks = static_cast<std::size_t>(arena.slots());
  for (auto _ : state)
    parallel_for(arena, chunks, 1, [](std::size_t begin, std::size_t) { benchmark::DoNotOptimize(begin); });
}

void empty_for_tbb(benchmark::State& state) {
  tbb::task_arena arena(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    arena.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<int>(0, arena.max_concurrency(), 1),
          [](const tbb::blocked_range<int>& range) { benchmark::DoNotOptimize(range.begin()); },
          tbb::simple_partitioner());
    });
  }
}

/// joblib's warm call of two tasks that do nothing.
void two_empty_tasks(benchmark::State& state) {
  const Parallel parallel({.n_jobs = 2});
  const std::array<int, 2> items{1, 2};
  for (auto _ : state) benchmark::DoNotOptimize(parallel.map([](int i) { return i; }, items));
}

/// Per task of a long list of tiny ones.
void tiny_tasks(benchmark::State& state) {
  const Parallel parallel({.n_jobs = 2});
  constexpr int n = 1'000'000;
  for (auto _ : state) benchmark::DoNotOptimize(parallel.map([](int i) { return i; }, std::views::iota(0, n)));
  state.SetItemsProcessed(state.iterations() * n);
}

int fib(Arena& arena, int n) {
  if (n < 2) return n;
  int a = 0, b = 0;
  parallel_invoke(arena, [&] { a = fib(arena, n - 1); }, [&] { b = fib(arena, n - 2); });
  return a + b;
}

int fib(int n) {
  if (n < 2) return n;
  int a = 0, b = 0;
  tbb::parallel_invoke([&] { a = fib(n - 1); }, [&] { b = fib(n - 2); });
  return a + b;
}

void check(benchmark::State& state, int value) {
  if (value != fib_value) state.SkipWithError("wrong result");
}

void forks_thrum(benchmark::State& state) {
  Arena arena(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    int value = 0;
    arena.run(1, [&](std::size_t) { value = fib(arena, fib_argument); });
    check(state, value);
  }
}

void forks_tbb(benchmark::State& state) {
  tbb::task_arena arena(static_cast<int>(state.range(0)));
  for (auto _ : state) check(state, arena.execute([] { return fib(fib_argument); }));
}

#if defined(_OPENMP)
void empty_for_openmp(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  for (auto _ : state) {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int i = 0; i < threads; ++i) benchmark::DoNotOptimize(i);
  }
}

int fib_openmp(int n) {
  if (n < 2) return n;
  int a = 0, b = 0;
#pragma omp task shared(a)
  a = fib_openmp(n - 1);
  b = fib_openmp(n - 2);
#pragma omp taskwait
  return a + b;
}

void forks_openmp(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  for (auto _ : state) {
    int value = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    value = fib_openmp(fib_argument);
    check(state, value);
  }
}
#endif

BENCHMARK(empty_for_thrum)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(empty_for_tbb)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(two_empty_tasks)->UseRealTime();
BENCHMARK(tiny_tasks)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(forks_thrum)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(forks_tbb)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMicrosecond);
#if defined(_OPENMP)
BENCHMARK(empty_for_openmp)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(forks_openmp)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMicrosecond);
#endif

}  // namespace
}  // namespace thrum
