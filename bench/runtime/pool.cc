#include <fmt/format.h>

#include <array>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "measurements.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/process_pool.h"

namespace thrum::bench {
namespace {

constexpr int workers = 2;

int same(int x) {
  return x;
}

std::string report(const std::vector<double>& seconds) {
  return fmt::format(R"({{"seconds": {}, "p99": {}}})", quantile(seconds, 0.5), quantile(seconds, 0.99));
}

}  // namespace

std::string warm_call(Words words) {
  constexpr std::size_t calls = 2000;
  const std::array<int, 2> tasks = {0, 1};
  const auto check = [](const std::vector<int>& results) {
    if (results != std::vector<int>{0, 1}) throw std::runtime_error("the call's results are wrong");
  };
  if (words[0] == "threads") {
    Arena arena(workers);
    return report(seconds_of_calls(
        calls, [&] { check(parallel_map(arena, tasks.size(), [&](std::size_t i) { return same(tasks[i]); })); }));
  }
  ProcessPool pool({.workers = workers});
  pool.wait_until_ready();
  return report(seconds_of_calls(calls, [&] { check(pool.map(&same, tasks)); }));
}

std::string round_trip(Words) {
  constexpr std::size_t calls = 10'000;
  ProcessPool pool({.workers = workers});
  pool.wait_until_ready();
  return report(seconds_of_calls(calls, [&] {
    if (pool.apply(&same, 7) != 7) throw std::runtime_error("the task's result is wrong");
  }));
}

std::string stream(Words) {
  ProcessPool pool({.workers = workers});
  pool.wait_until_ready();
  std::vector<int> numbers(200'000), found;
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.map(&same, std::span(numbers).first(numbers.size() / 10));
  const double seconds = seconds_of([&] { found = pool.map(&same, numbers); });
  if (found != numbers) throw std::runtime_error("the results are wrong");
  return fmt::format(R"({{"seconds": {}}})", seconds / static_cast<double>(numbers.size()));
}

std::string start(Words words) {
  const PoolOptions options{.workers = workers,
                            .start = words[0] == "spawn" ? StartMethod::spawn : StartMethod::fork_server};
  const std::vector<char> held(std::stoul(words[1]) << 30, 1);  // all of it resident
  std::optional<ProcessPool> pool;
  std::vector<double> seconds;
  for (int i = 0; i < 6; ++i) {
    seconds.push_back(seconds_of([&] {
      pool.emplace(options);
      pool->wait_until_ready();
    }));
    pool.reset();
  }
  seconds.erase(seconds.begin());  // it reads the program, and starts the fork server
  return fmt::format(R"({{"seconds": {}, "held": {}}})", quantile(seconds, 0.5), held.size());
}

}  // namespace thrum::bench
