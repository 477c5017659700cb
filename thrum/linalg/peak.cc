#include "thrum/linalg/peak.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <new>
#include <numeric>
#include <vector>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/linalg/peak_kernels_internal.h"

namespace thrum::linalg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double measurement_seconds = 0.05;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Operations per second of all places together: each works in short pieces until the same moment.
template <class T>
double fma_rate(Arena& arena) {
  constexpr std::size_t rounds = 20000;  // some tens of microseconds
  const auto places = static_cast<std::size_t>(arena.slots());
  std::vector<double> operations(places);
  const Clock::time_point start = Clock::now();
  arena.run(places, [&](std::size_t place) {
    while (seconds_since(start) < measurement_seconds) operations[place] += run_fma(rounds, T(0.5), T(1)).operations;
  });
  return std::accumulate(operations.begin(), operations.end(), 0.0) / seconds_since(start);
}

/// Of the cache that the first CPU reaches last; 0 where the system does not tell.
std::size_t last_level_cache_mib() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index3/size");  // "32768K"
  std::size_t kib = 0;
  file >> kib;
  return kib >> 10;
}

}  // namespace

double measure_fma_peak(Arena& arena, DType dtype) {
  if (dtype == DType::f32) return fma_rate<float>(arena) / 1e9;
  if (dtype == DType::f64) return fma_rate<double>(arena) / 1e9;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[measure_fma_peak] expected F32 or F64, got {}", dtype_name(dtype)));
}

double measure_read_bandwidth(Arena& arena) {
  const std::size_t mib = std::clamp<std::size_t>(2 * last_level_cache_mib(), 64, 1024);
  const std::size_t n = (mib << 20) / sizeof(std::uint64_t);
  const std::unique_ptr<std::uint64_t[]> words(new (std::nothrow) std::uint64_t[n]);
  if (words == nullptr) {
    throw Error(ErrorCode::out_of_memory, fmt::format("[measure_read_bandwidth] no memory for {} MiB", mib));
  }
  constexpr std::size_t chunk = std::size_t{1} << 17;  // 1 MiB
  parallel_for(arena, n, chunk, [&](std::size_t begin, std::size_t end) {
    std::fill(words.get() + begin, words.get() + end, std::uint64_t{1});
  });
  double best = 0;
  const Clock::time_point begin = Clock::now();
  do {
    const Clock::time_point start = Clock::now();
    const auto sum = parallel_reduce(
        arena, n, chunk, std::uint64_t{0},
        [&](std::size_t b, std::size_t e) { return read_all(std::span(words.get() + b, e - b)); },
        [](std::uint64_t a, std::uint64_t b) { return a + b; });
    THRUM_ASSERT(sum == n);
    best = std::max(best, static_cast<double>(n * sizeof(std::uint64_t)) / seconds_since(start));
  } while (seconds_since(begin) < measurement_seconds);
  return best / 1e9;
}

}  // namespace thrum::linalg
