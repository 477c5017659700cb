// The same function for many inputs, by 1, 2 and 6 worker processes: how much faster, and why not six times?
// The lecture's size: lesson_map 20000000
#include <algorithm>
#include <numeric>
#include <set>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process/process_pool.h"

namespace {

constexpr std::uint64_t n_tasks = 24;

struct Answer {
  std::uint64_t steps = 0;
  pid_t process = 0;
};

/// Work that only computes: how many steps the numbers of a range take to 1 when they are halved, or tripled plus one.
Answer collatz(std::uint64_t begin, std::uint64_t end) {
  Answer answer{.process = ::getpid()};
  for (std::uint64_t number = begin; number < end; ++number) {
    for (std::uint64_t x = number; x > 1; ++answer.steps) x = x % 2 == 0 ? x / 2 : 3 * x + 1;
  }
  return answer;
}

std::vector<Answer> map(int workers, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
  thrum::ProcessPool pool({.workers = workers});
  pool.wait_until_ready();
  return pool.starmap(collatz, ranges);
}

std::uint64_t sum(const std::vector<Answer>& answers) {
  return std::accumulate(answers.begin(), answers.end(), std::uint64_t{0},
                         [](std::uint64_t total, const Answer& answer) { return total + answer.steps; });
}

void teach(lesson::Lesson& lesson) {
  const std::uint64_t n = std::max<std::uint64_t>(lesson.size() / n_tasks, 1);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (std::uint64_t task = 0; task < n_tasks; ++task) ranges.emplace_back(task * n, (task + 1) * n);

  lesson.say("{} tasks on {} CPUs, sent by process {}:", n_tasks, thrum::available_cpus(), ::getpid());
  const std::uint64_t expected = lesson.time("serial", [&] { return collatz(0, n_tasks * n).steps; });
  for (const int workers : {1, 2, 6}) {
    const std::string name = fmt::format("{} worker{}", workers, workers == 1 ? "" : "s");
    const auto answers = lesson.time(name, [&] { return map(workers, ranges); });
    std::set<pid_t> processes;
    for (const Answer& answer : answers) processes.insert(answer.process);
    lesson.say("    speed-up {:.2f}, by the processes {}", lesson.figure("serial") / lesson.figure(name),
               fmt::join(processes, " "));
    lesson.check("the same steps, taken by other processes",
                 sum(answers) == expected && !processes.contains(::getpid()));
  }
  lesson.say("More workers than CPUs take turns: they add nothing to work that only computes.");
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 200'000, teach);
}
