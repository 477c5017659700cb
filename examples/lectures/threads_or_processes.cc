// Threads or processes? The same tasks given to two of each, in one table.
// The lecture's size: lesson_threads_or_processes 100
#include <ranges>
#include <thread>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/process/process_pool.h"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t n_tasks = 8;

std::uint64_t compute(std::uint64_t x) {
  for (int step = 0; step < 200'000; ++step) x = x * 6364136223846793005 + 1442695040888963407;
  return x;
}

std::uint64_t wait(std::uint64_t x) {
  std::this_thread::sleep_for(2ms);
  return x;
}

double add_up(const std::vector<double>& copy) {
  double sum = 0;
  for (const double x : copy) sum += x;
  return sum;
}

/// Two of each, ready to work.
struct Workers {
  thrum::Arena threads{2, thrum::Backend::threads};
  thrum::ProcessPool processes{{.workers = 2}};
};

/// A row of the table: n times the eight tasks, by threads and by processes. Whether both gave the same.
template <class F>
bool compare(lesson::Lesson& lesson, Workers& workers, const std::string& name, F f) {
  const std::size_t n = n_tasks * lesson.size();
  const auto by_threads = lesson.time(name + ", threads", [&] {
    return thrum::parallel_map(workers.threads, n, [&](std::size_t i) { return f(std::uint64_t{i}); });
  });
  const auto by_processes = lesson.time(name + ", processes", [&] {
    return workers.processes.map(f, std::views::iota(std::uint64_t{0}, std::uint64_t{n}));
  });
  return by_threads == by_processes;
}

/// Data for every task: threads read what is there, processes get a copy.
bool compare_data(lesson::Lesson& lesson, Workers& workers) {
  const std::vector<double> data(100'000, 0.5);
  const std::vector<std::vector<double>> copies(n_tasks, data);
  const auto by_threads = lesson.time("data for each task, threads", [&] {
    return thrum::parallel_map(workers.threads, n_tasks, [&](std::size_t) { return add_up(data); });
  });
  const auto by_processes =
      lesson.time("data for each task, processes", [&] { return workers.processes.map(add_up, copies); });
  return by_threads == by_processes;
}

/// A task that crashes: it takes its process with it. In a thread it would have taken this program.
bool survives_a_crash(Workers& workers) {
  try {
    workers.processes.apply([] { std::abort(); });
  } catch (const thrum::TaskCrashed&) {
    return workers.processes.apply(compute, std::uint64_t{1}) == compute(1);
  }
  return false;
}

void teach(lesson::Lesson& lesson) {
  std::optional<Workers> workers;
  lesson.time("start of two, processes", [&] {
    workers.emplace();
    workers->processes.wait_until_ready();
  });
  lesson.check("tasks that compute: the same results", compare(lesson, *workers, "computing", compute));
  lesson.check("tasks that wait: the same results", compare(lesson, *workers, "waiting", wait));
  lesson.check("tasks that do nothing: the same results",
               compare(lesson, *workers, "nothing to do", [](std::uint64_t x) { return x; }));
  lesson.check("tasks with data: the same results", compare_data(lesson, *workers));
  lesson.check("a crash costs one process and one task", survives_a_crash(*workers));
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 4, teach);
}
