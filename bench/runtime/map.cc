#include <fmt/format.h>

#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "measurements.h"
#include "with_map.h"

namespace thrum::bench {
namespace {

constexpr std::size_t n_tasks = 200;

/// Some five milliseconds that touch no memory.
std::uint32_t compute(std::uint32_t seed) {
  constexpr int rounds = 4'000'000;
  for (int i = 0; i < rounds; ++i) seed = seed * 1664525U + 1013904223U;
  return seed;
}

std::vector<std::uint32_t> seeds() {
  std::vector<std::uint32_t> numbers(n_tasks);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

/// Efficiency: the time of one after the other, per worker, as a share of the time that all took.
template <class F>
std::string measure(int workers, F&& map_all) {
  map_all();
  std::vector<std::uint32_t> expected, found;
  const double alone = seconds_of([&] {
    for (const std::uint32_t seed : seeds()) expected.push_back(compute(seed));
  });
  const double seconds = seconds_of([&] { found = map_all(); });
  if (found != expected) throw std::runtime_error("the map's results are wrong");
  return fmt::format(R"({{"seconds": {}, "alone": {}, "efficiency": {}}})", seconds, alone, alone / workers / seconds);
}

}  // namespace

std::string map(Words words) {
  const int workers = std::stoi(words[1]);
  return with_map(words[0], workers,
                  [&](const auto& map_all) { return measure(workers, [&] { return map_all(&compute, seeds()); }); });
}

}  // namespace thrum::bench
