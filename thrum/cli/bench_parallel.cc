#include <fmt/format.h>

#include <memory>
#include <numeric>
#include <ranges>
#include <stop_token>
#include <vector>

#include "thrum/cli/commands.h"
#include "thrum/cli/speed_curve.h"
#include "thrum/cli/text.h"
#include "thrum/runtime/process/process_pool.h"

namespace thrum::cli {
namespace {

struct ParallelArguments {
  std::size_t tasks = 100;
  std::size_t steps = 10'000'000;
  int repeats = 5;
};

/// Work that only computes, of `steps` multiplications that wait for each other.
double walk(std::size_t task, std::size_t steps) {
  auto x = static_cast<std::uint64_t>(task);
  for (std::size_t step = 0; step < steps; ++step) x = x * 6364136223846793005 + 1442695040888963407;
  return static_cast<double>(x >> 40);
}

double walk_by_threads(Arena& arena, const ParallelArguments& arguments, const std::stop_token& stop) {
  const std::vector<double> ends =
      parallel_map(arena, arguments.tasks, [&](std::size_t task) { return walk(task, arguments.steps); }, stop);
  return std::accumulate(ends.begin(), ends.end(), 0.0);
}

double walk_by_processes(ProcessPool& pool, const ParallelArguments& arguments, const std::stop_token& stop) {
  const auto tasks = std::views::iota(std::size_t{0}, arguments.tasks);
  const auto walk_one = [steps = arguments.steps](std::size_t task) { return walk(task, steps); };
  const std::vector<double> ends = pool.map(walk_one, tasks, {.stop = stop});
  return std::accumulate(ends.begin(), ends.end(), 0.0);
}

std::vector<Contestant> walk_contestants(const ParallelArguments& arguments, int most) {
  std::vector<Contestant> contestants;
  for (const int workers : worker_counts(most)) {
    contestants.push_back({"threads", workers, [arguments, arena = std::make_shared<Arena>(workers)](const auto& stop) {
                             return walk_by_threads(*arena, arguments, stop);
                           }});
  }
  for (const int workers : worker_counts(most)) {
    const auto pool = std::make_shared<ProcessPool>(PoolOptions{.workers = workers, .name = "thrum-bench"});
    contestants.push_back({"processes", workers,
                           [arguments, pool](const auto& stop) { return walk_by_processes(*pool, arguments, stop); }});
  }
  return contestants;
}

void bench_parallel(const ParallelArguments& arguments, const Session& session) {
  const auto curve = measure_curve(walk_contestants(arguments, session.threads), arguments.repeats, session);
  if (session.globals.json) {
    const Json object = {{"schema", "thrum.bench.parallel/1"},
                         {"tasks", arguments.tasks},
                         {"steps", arguments.steps},
                         {"repeats", arguments.repeats},
                         {"curve", curve_json(curve)}};
    return print(json_text(object));
  }
  print(fmt::format("{} of {} steps\n\n{}", counted(arguments.tasks, "task"), grouped(arguments.steps),
                    curve_text(curve)));
}

}  // namespace

Command bench_parallel_command() {
  auto arguments = std::make_shared<ParallelArguments>();
  Command command{.name = "parallel", .summary = "A map over tasks that only compute, by threads and by processes."};
  command.examples = {{"thrum bench parallel", ""},
                      {"thrum bench parallel --tasks 10000 --steps 1000 -j 4", "tasks of a microsecond"}};
  command.parameters = {
      parameter(option_field("tasks", &ParallelArguments::tasks, Range{1, 1e7}, "how many tasks"), arguments.get(),
                {.letter = 'n'}),
      parameter(
          option_field("steps", &ParallelArguments::steps, Range{1, 1e12}, "of one task, about a nanosecond each"),
          arguments.get()),
      parameter(
          option_field("repeats", &ParallelArguments::repeats, Range{1, 1000}, "measurements of each; medians count"),
          arguments.get()),
  };
  command.run = [arguments](Session& session) { bench_parallel(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
