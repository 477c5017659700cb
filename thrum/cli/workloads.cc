#include "thrum/cli/workloads.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <thread>

#include "thrum/core/assert.h"
#include "thrum/core/view.h"
#include "thrum/linalg/gemm.h"
#include "thrum/runtime/parallel.h"

namespace thrum::cli {
namespace {

/// Reads 256 MiB and does next to nothing with it.
std::function<void(int)> mean() {
  constexpr std::size_t n = std::size_t{32} << 20, chunk = std::size_t{1} << 17;
  auto values = std::make_shared<std::vector<double>>(n, 1.0);
  return [values](int workers) {
    Arena arena(workers);
    const double sum = parallel_reduce(
        arena, n, chunk, 0.0,
        [&](std::size_t begin, std::size_t end) {
          // Several sums, because one would wait for its own additions and not for memory.
          double sums[8] = {};
          for (std::size_t i = begin; i < end; i += 8) {
            for (std::size_t k = 0; k < 8; ++k) sums[k] += (*values)[i + k];
          }
          return std::accumulate(std::begin(sums), std::end(sums), 0.0);
        },
        [](double a, double b) { return a + b; });
    THRUM_ASSERT(sum == static_cast<double>(n));
  };
}

/// Computes in registers.
std::function<void(int)> spin() {
  return [](int workers) {
    constexpr std::size_t chunks = 240;
    constexpr int steps = 500'000;
    Arena arena(workers);
    parallel_for(arena, chunks, 1, [](std::size_t begin, std::size_t) {
      std::uint64_t x = begin + 1;
      for (int i = 0; i < steps; ++i) {
        x ^= x >> 31;
        x *= 0x9e3779b97f4a7c15U;
      }
      asm volatile("" : : "r"(x));
    });
  };
}

std::function<void(int)> sleep() {
  return [](int workers) {
    constexpr std::size_t waits = 96;
    Arena arena(workers, Backend::threads);
    parallel_for(arena, waits, 1,
                 [](std::size_t, std::size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); });
  };
}

std::function<void(int)> matmul() {
  constexpr std::size_t n = 1024;
  struct Matrices {
    std::vector<double> a = std::vector<double>(n * n, 0.5), b = a, c = a;
  };
  auto matrices = std::make_shared<Matrices>();
  return [matrices](int workers) {
    Arena arena(workers);
    const auto view = [](auto& values) { return MatrixView(values.data(), n, n); };
    linalg::gemm(arena, view(std::as_const(matrices->a)), view(std::as_const(matrices->b)), view(matrices->c));
  };
}

}  // namespace

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = {
      {"mean", false, mean}, {"spin", false, spin}, {"sleep", true, sleep}, {"matmul", false, matmul}};
  return all;
}

const Workload& find_workload(std::string_view name) {
  const auto found = std::ranges::find(workloads(), name, &Workload::name);
  THRUM_ASSERT(found != workloads().end());
  return *found;
}

}  // namespace thrum::cli
