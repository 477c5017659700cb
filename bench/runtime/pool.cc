#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "measurements.h"
#include "thrum/runtime/process/process_pool.h"
#include "with_map.h"

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
  const std::vector<int> tasks = {0, 1};
  return with_map(words[0], workers, [&](const auto& map_all) {
    return report(seconds_of_calls(2000, [&] {
      if (map_all(&same, tasks) != tasks) throw std::runtime_error("the call's results are wrong");
    }));
  });
}

std::string round_trip(Words) {
  constexpr std::size_t calls = 10'000;
  ProcessPool pool({.workers = workers});
  pool.wait_until_ready();
  return report(seconds_of_calls(calls, [&] {
    if (pool.apply(&same, 7) != 7) throw std::runtime_error("the task's result is wrong");
  }));
}

std::string stream(Words words) {
  std::vector<int> numbers(200'000), found;
  std::iota(numbers.begin(), numbers.end(), 0);
  return with_map(words[0], workers, [&](const auto& map_all) {
    map_all(&same, numbers);
    const double seconds = seconds_of([&] { found = map_all(&same, numbers); });
    if (found != numbers) throw std::runtime_error("the results are wrong");
    return fmt::format(R"({{"seconds": {}}})", seconds / static_cast<double>(numbers.size()));
  });
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
