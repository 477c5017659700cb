#include "thrum/runtime/advice/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <utility>

#include "thrum/core/error.h"

namespace thrum {
namespace {

/// 3 × 0.1 s end within 0.3 s, though not in binary.
constexpr double tolerance = 1 + 1e-12;

void require(bool holds, const std::string& message) {
  if (!holds) throw Error(ErrorCode::invalid_argument, "[plan] " + message);
}

bool are_equal(const FitQueue& queue) {
  return std::ranges::all_of(queue.seconds, [&](double s) { return s == queue.seconds.front(); });
}

void check(const FitQueue& queue) {
  const auto is_time = [](double s) { return s > 0 && s <= std::numeric_limits<double>::max(); };
  require(!queue.seconds.empty() && std::ranges::all_of(queue.seconds, is_time),
          "expected the seconds of a fit, positive and finite");
  require(queue.last_seconds >= 0, "expected seconds after the fits of 0 or more");
  require(queue.threads_per_fit >= 1, "expected at least one thread per fit");
  const std::size_t most = are_equal(queue) ? FitQueue::max_fits : FitQueue::max_unequal_fits;
  require(queue.n_fits >= 1 && queue.n_fits <= most,
          fmt::format("expected 1 to {} fits{}, got {}", most, are_equal(queue) ? "" : " of different length",
                      queue.n_fits));
}

double seconds_of(const FitQueue& queue, std::size_t fit) {
  return queue.seconds[fit % queue.seconds.size()];
}

double sum_of_seconds(const FitQueue& queue) {
  double sum = 0;
  for (std::size_t i = 0; i < queue.seconds.size() && i < queue.n_fits; ++i) {
    const std::size_t times = (queue.n_fits - i + queue.seconds.size() - 1) / queue.seconds.size();
    sum += static_cast<double>(times) * queue.seconds[i];
  }
  return sum;
}

struct Waves {
  double seconds = 0;
  std::size_t longest = 0;  // fits of one place
};

Waves equal_waves(const FitQueue& queue, std::size_t places) {
  const std::size_t longest = (queue.n_fits + places - 1) / places;
  return {static_cast<double>(longest) * queue.seconds.front(), longest};
}

/// Each fit, the longest first, goes to the place that is free first.
Waves longest_first(const FitQueue& queue, std::size_t places) {
  std::vector<double> fits(queue.n_fits);
  for (std::size_t i = 0; i < fits.size(); ++i) fits[i] = seconds_of(queue, i);
  std::ranges::sort(fits, std::greater());
  using Place = std::pair<double, std::size_t>;  // when it is free, fits so far
  std::priority_queue<Place, std::vector<Place>, std::greater<>> free{std::greater<>(), std::vector<Place>(places)};
  Waves all;
  for (const double seconds : fits) {
    const auto [begin, n_before] = free.top();
    free.pop();
    free.emplace(begin + seconds, n_before + 1);
    all = {std::max(all.seconds, begin + seconds), std::max(all.longest, n_before + 1)};
  }
  return all;
}

Waves waves_on(const FitQueue& queue, std::size_t places) {
  return are_equal(queue) ? equal_waves(queue, places) : longest_first(queue, places);
}

std::size_t most_places(const FitQueue& queue) {
  return std::min(queue.n_fits, static_cast<std::size_t>(std::numeric_limits<int>::max() / queue.threads_per_fit));
}

}  // namespace

Schedule schedule(const FitQueue& queue, int cores) {
  check(queue);
  require(cores >= queue.threads_per_fit,
          fmt::format("expected at least as many cores as threads per fit ({}), got {}", queue.threads_per_fit, cores));
  Schedule made{.cores = cores};
  made.at_once = std::min(static_cast<std::size_t>(cores / queue.threads_per_fit), queue.n_fits);
  const Waves waves = waves_on(queue, made.at_once);
  made.waves = waves.longest;
  made.wall_seconds = waves.seconds + queue.last_seconds;
  made.efficiency = (sum_of_seconds(queue) + queue.last_seconds) * queue.threads_per_fit / (cores * made.wall_seconds);
  return made;
}

std::optional<int> fewest_cores(const FitQueue& queue, double deadline_seconds) {
  check(queue);
  const auto in_time = [&](std::size_t places) {
    return waves_on(queue, places).seconds + queue.last_seconds <= deadline_seconds * tolerance;
  };
  std::size_t low = 1, high = most_places(queue);
  if (!in_time(high)) return std::nullopt;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    in_time(middle) ? high = middle : low = middle + 1;
  }
  return static_cast<int>(low) * queue.threads_per_fit;
}

int most_useful_cores(const FitQueue& queue) {
  check(queue);
  return static_cast<int>(most_places(queue)) * queue.threads_per_fit;
}

}  // namespace thrum
