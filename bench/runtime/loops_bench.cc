// Empty loops and trees of forks, here and in the libraries beneath and beside: what is measured is the scheduler.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>

#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

constexpr int threads = 2;

void touch(std::size_t i) {
  benchmark::DoNotOptimize(i);
}

// One chunk per thread, as an evenly divided loop has.

void BM_EmptyFor_thrum(benchmark::State& state) {
  Arena arena(threads);
  for (auto _ : state) parallel_for(arena, threads, 1, [](std::size_t begin, std::size_t) { touch(begin); });
}

void BM_EmptyFor_tbb(benchmark::State& state) {
  tbb::task_arena arena(threads);
  for (auto _ : state) {
    arena.execute([] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, threads, 1),
          [](const tbb::blocked_range<std::size_t>& range) { touch(range.begin()); }, tbb::simple_partitioner());
    });
  }
}

void BM_EmptyFor_openmp(benchmark::State& state) {
  for (auto _ : state) {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (std::size_t i = 0; i < threads; ++i) touch(i);
  }
}

// A binary tree of calls down to single leaves.

constexpr int depth = 14;
constexpr int leaves = 1 << depth;

int tree_thrum(Arena& arena, int level) {
  if (level == 0) return 1;
  int left = 0, right = 0;
  parallel_invoke(arena, [&] { left = tree_thrum(arena, level - 1); }, [&] { right = tree_thrum(arena, level - 1); });
  return left + right;
}

int tree_tbb(int level) {
  if (level == 0) return 1;
  int left = 0, right = 0;
  tbb::parallel_invoke([&] { left = tree_tbb(level - 1); }, [&] { right = tree_tbb(level - 1); });
  return left + right;
}

int tree_openmp(int level) {
  if (level == 0) return 1;
  int left = 0, right = 0;
#pragma omp task shared(left)
  left = tree_openmp(level - 1);
  right = tree_openmp(level - 1);
#pragma omp taskwait
  return left + right;
}

template <class Tree>
void measure_tree(benchmark::State& state, Tree&& tree) {
  for (auto _ : state) {
    if (tree() != leaves) state.SkipWithError("a wrong number of leaves");
  }
}

void BM_Tree_thrum(benchmark::State& state) {
  Arena arena(threads);
  measure_tree(state, [&] { return tree_thrum(arena, depth); });
}

void BM_Tree_tbb(benchmark::State& state) {
  tbb::task_arena arena(threads);
  measure_tree(state, [&] { return arena.execute([] { return tree_tbb(depth); }); });
}

void BM_Tree_openmp(benchmark::State& state) {
  measure_tree(state, [] {
    int found = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    found = tree_openmp(depth);
    return found;
  });
}

BENCHMARK(BM_EmptyFor_thrum)->UseRealTime();
BENCHMARK(BM_EmptyFor_tbb)->UseRealTime();
BENCHMARK(BM_EmptyFor_openmp)->UseRealTime();
BENCHMARK(BM_Tree_thrum)->UseRealTime();
BENCHMARK(BM_Tree_tbb)->UseRealTime();
BENCHMARK(BM_Tree_openmp)->UseRealTime();

}  // namespace
}  // namespace thrum
