// How large must a task be? The same work, cut into more and smaller tasks, until handing them out costs more than they
// do. The lecture's size: lesson_task_size 20000000
#include <algorithm>
#include <functional>
#include <numeric>
#include <ranges>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/process/process_pool.h"

namespace {

/// A random walk of as many steps as the range has numbers: work that only computes, and gives the same in any cut.
std::uint64_t work(std::uint64_t begin, std::uint64_t end) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = begin; i < end; ++i) sum += (i * 6364136223846793005 + 1442695040888963407) >> 33;
  return sum;
}

std::uint64_t by_threads(thrum::Arena& arena, std::uint64_t n, std::uint64_t task) {
  return thrum::parallel_reduce(arena, n, task, std::uint64_t{0}, work, std::plus<>());
}

std::uint64_t by_processes(thrum::ProcessPool& pool, std::uint64_t n, std::uint64_t task) {
  const auto ranges = std::views::iota(std::uint64_t{0}, (n + task - 1) / task) |
                      std::views::transform([=](auto i) { return std::pair(i * task, std::min(n, (i + 1) * task)); });
  const std::vector<std::uint64_t> sums = pool.starmap(work, ranges);
  return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

void teach(lesson::Lesson& lesson) {
  const std::uint64_t n = lesson.size();
  const std::uint64_t expected = lesson.time("one task, no helper", [&] { return work(0, n); });
  thrum::Arena arena(2);
  thrum::ProcessPool pool({.workers = 2});
  pool.wait_until_ready();

  bool right = true;
  for (std::uint64_t n_tasks = 2; n_tasks <= std::min<std::uint64_t>(n, 200'000); n_tasks *= 10) {
    const std::uint64_t task = n / n_tasks;
    const std::string threads = fmt::format("{} tasks, 2 threads", n_tasks);
    const std::string processes = fmt::format("{} tasks, 2 processes", n_tasks);
    right = right && lesson.time(threads, [&] { return by_threads(arena, n, task); }) == expected;
    right = right && lesson.time(processes, [&] { return by_processes(pool, n, task); }) == expected;
    lesson.say("    a task works {:.3g} us", 1e6 * lesson.figure("one task, no helper") / static_cast<double>(n_tasks));
  }
  lesson.check("every cut gives the same sum", right);
  lesson.say("A task should work a hundred times as long as it takes to hand out.");
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 2'000'000, teach);
}
