#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <stop_token>
#include <vector>

#include "thrum/cli/commands.h"
#include "thrum/cli/speed_curve.h"
#include "thrum/cli/text.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace thrum::cli {
namespace {

using Numbers = SharedArray<double>;

/// Numbers are added within chunks of this many, and the chunks' sums in their order: the same bits for any workers.
constexpr std::size_t chunk = std::size_t{1} << 16;

struct MeanArguments {
  std::size_t numbers = 100'000'000;
  int repeats = 5;
};

Numbers make_numbers(Arena& arena, std::size_t n, std::stop_token stop) {
  const Numbers numbers(n);
  const std::span<double> values = numbers.mutable_span();
  parallel_for(
      arena, n, chunk,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) values[i] = 1.0 / static_cast<double>(i % 997 + 1);
      },
      std::move(stop));
  numbers.seal();
  return numbers;
}

double sum(const Numbers& numbers, std::size_t begin, std::size_t end) {
  return std::reduce(numbers.begin() + begin, numbers.begin() + end);
}

/// In a worker process: the sums of chunks [first, last).
std::vector<double> chunk_sums(const Numbers& numbers, std::size_t first, std::size_t last) {
  std::vector<double> sums;
  for (std::size_t c = first; c < last; ++c) {
    sums.push_back(sum(numbers, c * chunk, std::min(numbers.size(), (c + 1) * chunk)));
  }
  return sums;
}

double mean_by_threads(Arena& arena, const Numbers& numbers, const std::stop_token& stop) {
  const auto add = [&](std::size_t begin, std::size_t end) { return sum(numbers, begin, end); };
  const double total = parallel_reduce(arena, numbers.size(), chunk, 0.0, add, std::plus<>(), stop);
  return total / static_cast<double>(numbers.size());
}

double mean_by_processes(ProcessPool& pool, const Numbers& numbers, const std::stop_token& stop) {
  const std::size_t n_chunks = (numbers.size() + chunk - 1) / chunk;
  const auto n_parts = static_cast<std::size_t>(pool.workers());
  std::vector<Future<std::vector<double>>> parts;
  for (std::size_t i = 0; i < n_parts; ++i) {
    parts.push_back(pool.apply_async(chunk_sums, numbers, n_chunks * i / n_parts, n_chunks * (i + 1) / n_parts));
  }
  double total = 0;
  for (auto& part : parts) {
    for (const double partial : part.get(stop)) total += partial;
  }
  return total / static_cast<double>(numbers.size());
}

std::vector<Contestant> mean_contestants(const Numbers& numbers, int most) {
  std::vector<Contestant> contestants;
  for (const int workers : worker_counts(most)) {
    contestants.push_back({"threads", workers, [numbers, arena = std::make_shared<Arena>(workers)](const auto& stop) {
                             return mean_by_threads(*arena, numbers, stop);
                           }});
  }
  for (const int workers : worker_counts(most)) {
    const auto pool = std::make_shared<ProcessPool>(PoolOptions{.workers = workers, .name = "thrum-bench"});
    contestants.push_back(
        {"processes", workers, [numbers, pool](const auto& stop) { return mean_by_processes(*pool, numbers, stop); }});
  }
  return contestants;
}

void bench_mean(const MeanArguments& arguments, const Session& session) {
  Arena arena(session.threads);
  const Numbers numbers = make_numbers(arena, arguments.numbers, session.stop());
  const auto curve = measure_curve(mean_contestants(numbers, session.threads), arguments.repeats, session);
  const double mean = mean_by_threads(arena, numbers, session.stop());
  if (session.globals.json) {
    const Json object = {{"schema", "thrum.bench.mean/1"},
                         {"numbers", arguments.numbers},
                         {"repeats", arguments.repeats},
                         {"mean", mean},
                         {"curve", curve_json(curve)}};
    return print(json_text(object));
  }
  print(fmt::format("the mean of {} numbers is {:.17g}, to the last bit, for any workers\n\n{}",
                    grouped(arguments.numbers), mean, curve_text(curve)));
}

}  // namespace

Command bench_mean_command() {
  auto arguments = std::make_shared<MeanArguments>();
  Command command{.name = "mean", .summary = "The mean of many numbers in shared memory, by threads and by processes."};
  command.examples = {{"thrum bench mean", "100 million numbers, 800 MB"},
                      {"thrum bench mean --numbers 1000000 -j 4 --json", ""}};
  command.parameters = {
      parameter(option_field("numbers", &MeanArguments::numbers, Range{1, 1e12}, "how many numbers, of 8 bytes each"),
                arguments.get(), {.letter = 'n'}),
      parameter(option_field("repeats", &MeanArguments::repeats, Range{1, 1000}, "measurements of each; medians count"),
                arguments.get()),
  };
  command.run = [arguments](Session& session) { bench_mean(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
