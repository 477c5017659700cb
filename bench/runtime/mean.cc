#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "measurements.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace thrum::bench {
namespace {

constexpr std::size_t n = 100'000'000;
/// Every split gives whole chunks, and adds their sums in order: the same bits for all.
constexpr std::size_t chunk = std::size_t{1} << 17;
constexpr std::size_t n_chunks = (n + chunk - 1) / chunk;
constexpr int passes = 3;

/// What NumPy's side makes as well.
double element(std::size_t i) {
  return static_cast<double>((i * 2654435761U) & 0xffffffffU) / 4294967296.0;
}

/// The same lanes, so the same bits, for every width of the vectors.
__attribute__((target_clones("avx512f", "avx2", "default"))) double sum(std::span<const double> x) {
  std::array<double, 32> lanes{};
  std::size_t i = 0;
  for (; i + lanes.size() <= x.size(); i += lanes.size()) {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] += x[i + lane];
  }
  double total = 0;
  for (const double lane : lanes) total += lane;
  for (; i < x.size(); ++i) total += x[i];
  return total;
}

/// Plain reading: every word once, and the least that can be done with it.
__attribute__((target_clones("avx512f", "avx2", "default"))) std::uint64_t read(std::span<const double> x) {
  std::array<std::uint64_t, 32> lanes{};
  for (std::size_t i = 0; i + lanes.size() <= x.size(); i += lanes.size()) {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] ^= std::bit_cast<std::uint64_t>(x[i + lane]);
  }
  std::uint64_t all = 0;
  for (const std::uint64_t lane : lanes) all ^= lane;
  return all;
}

double sum_of_chunk(std::span<const double> x, std::size_t c) {
  return sum(x.subspan(c * chunk, std::min(chunk, n - c * chunk)));
}

std::vector<double> sums_of_chunks(const SharedArray<double>& x, std::size_t begin, std::size_t end) {
  std::vector<double> sums;
  for (std::size_t c = begin; c < end; ++c) sums.push_back(sum_of_chunk(x.span(), c));
  return sums;
}

double add_up(const std::vector<double>& sums) {
  double total = 0;
  for (const double s : sums) total += s;
  return total;
}

/// The best of several passes.
template <class F>
double best_seconds(F&& pass) {
  pass();
  double seconds = seconds_of(pass);
  for (int i = 1; i < passes; ++i) seconds = std::min(seconds, seconds_of(pass));
  return seconds;
}

double seconds_to_read(Arena& arena, std::span<const double> x) {
  volatile std::uint64_t all = 0;
  return best_seconds([&] {
    all = parallel_reduce(
        arena, n, chunk, std::uint64_t{0}, [&](std::size_t b, std::size_t e) { return read(x.subspan(b, e - b)); },
        std::bit_xor());
  });
}

template <class F>
std::string measure(int workers, std::span<const double> x, F&& mean_of_all) {
  Arena arena(workers);
  double value = 0;
  const double seconds = best_seconds([&] { value = mean_of_all(); });
  return fmt::format(R"({{"seconds": {}, "read_seconds": {}, "mean": {}, "bits": "{:a}"}})", seconds,
                     seconds_to_read(arena, x), value, value);
}

void fill(std::span<double> x) {
  for (std::size_t i = 0; i < n; ++i) x[i] = element(i);
}

std::string mean_by_threads(int workers) {
  Arena arena(workers);
  std::vector<double> x(n);
  fill(x);
  return measure(workers, x, [&] {
    return add_up(parallel_map(arena, n_chunks, [&](std::size_t c) { return sum_of_chunk(x, c); })) / n;
  });
}

std::string mean_by_processes(int workers) {
  ProcessPool pool({.workers = workers});
  const SharedArray<double> x(n);
  fill(x.mutable_span());
  x.seal();
  std::vector<std::tuple<SharedArray<double>, std::size_t, std::size_t>> parts;
  const auto share = n_chunks / static_cast<std::size_t>(workers);
  for (std::size_t begin = 0; begin < n_chunks; begin += share) {
    const bool is_last = begin + 2 * share > n_chunks;
    parts.emplace_back(x, begin, is_last ? n_chunks : begin + share);
    if (is_last) break;
  }
  return measure(workers, x.span(), [&] {
    std::vector<double> sums;
    for (const auto& part : pool.starmap(&sums_of_chunks, parts)) sums.insert(sums.end(), part.begin(), part.end());
    return add_up(sums) / n;
  });
}

}  // namespace

std::string mean(Words words) {
  const int workers = std::stoi(words[1]);
  return words[0] == "threads" ? mean_by_threads(workers) : mean_by_processes(workers);
}

}  // namespace thrum::bench
