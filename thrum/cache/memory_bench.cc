// Hits, misses and evictions. Goals: a hit of a small value within 10 us, a miss stored within 40 us over the function,
// a hit with an argument of 80 MB at 0.8 of the speed at which this machine reads memory.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/cache/memory.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "thrum_memory_bench.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

int next(int x) {
  return x + 1;
}

void hit_small(benchmark::State& state) {
  const TemporaryFolder folder;
  const Memory memory(folder.path());
  const auto cached = memory.cache("next", "v1", &next);
  cached(41);
  for (auto _ : state) {
    if (cached(41) != 42) state.SkipWithError("a wrong result");
  }
}

void miss_and_store(benchmark::State& state) {
  const TemporaryFolder folder;
  const Memory memory(folder.path());
  const auto cached = memory.cache("next", "v1", &next);
  for (int i = 0; i < 10'000; ++i) cached(-i);  // makes the folders
  int i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cached(++i));
  if (memory.store().counts().misses != memory.store().counts().stored) state.SkipWithError("not stored");
}

constexpr std::size_t n_large = 10'000'000;

void hit_with_80_mb_argument(benchmark::State& state) {
  const TemporaryFolder folder;
  const Memory memory(folder.path());
  const auto cached = memory.cache("size", "v1", [](std::span<const double> values) { return values.size(); });
  const std::vector<double> large(n_large, 0.5);
  cached(large);
  for (auto _ : state) {
    if (cached(large) != n_large) state.SkipWithError("a wrong result");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * n_large * sizeof(double)));
}

/// What the one above is measured against.
void read_80_mb(benchmark::State& state) {
  Arena arena;
  const std::vector<double> large(n_large, 0.5);
  for (auto _ : state) {
    const double sum = parallel_reduce(
        arena, n_large, std::size_t{1} << 17, 0.0,
        [&](std::size_t begin, std::size_t end) {
          double lanes[8] = {};
          for (; begin + 8 <= end; begin += 8) {
            for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += large[begin + lane];
          }
          return std::accumulate(lanes, lanes + 8, 0.0);
        },
        [](double a, double b) { return a + b; });
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * n_large * sizeof(double)));
}

void map_80_mb_result(benchmark::State& state) {
  const TemporaryFolder folder;
  const Memory memory(folder.path());
  const auto cached = memory.cache("large", "v1", [](int) { return std::vector<double>(n_large, 0.5); });
  cached(0);
  for (auto _ : state) {
    if (cached.map(0).size() != n_large) state.SkipWithError("a wrong result");
  }
}

/// Of a store that is full with `range` entries: a tenth goes at once. Goal: 20,000 a second or more, whatever the
/// range.
void evict(benchmark::State& state) {
  const TemporaryFolder folder;
  const auto n = static_cast<std::uint64_t>(state.range(0));
  const Store store(folder.path(), {.max_bytes = std::uint64_t{1} << 40, .max_entries = n});
  std::uint64_t i = 0;
  const auto put = [&] {
    const ByteSpan value = std::as_bytes(std::span(&i, 1));
    store.put(digest_of(value), {.function = "f", .version = "v1", .value = value});
    ++i;
  };
  for (auto _ : state) {
    state.PauseTiming();
    while (store.usage().entries < n) put();
    state.ResumeTiming();
    put();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(store.counts().evicted));
}

BENCHMARK(hit_small)->Unit(benchmark::kMicrosecond);
BENCHMARK(miss_and_store)->Unit(benchmark::kMicrosecond)->Iterations(10'000);
BENCHMARK(hit_with_80_mb_argument)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(read_80_mb)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(map_80_mb_result)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(evict)->Arg(10'000)->Arg(100'000)->Iterations(3)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace thrum
