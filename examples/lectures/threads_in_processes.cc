// Processes with threads inside: two workers, and two threads in each, share out one sum.
#include <set>
#include <thread>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process/process_pool.h"

namespace {

constexpr int n_processes = 2;
constexpr int n_threads = 2;

struct Part {
  lesson::Who who;
  std::uint64_t sum = 0;
};

Part add_up(std::uint64_t begin, std::uint64_t end) {
  Part part;
  for (std::uint64_t i = begin; i < end; ++i) part.sum += i * i % 7;
  return part;
}

/// In a worker: its range again in parts, one for each of its threads.
std::vector<Part> add_up_with_threads(std::uint64_t begin, std::uint64_t end) {
  const auto n = static_cast<std::uint64_t>(thrum::available_cpus());  // to this worker, says its pool
  std::vector<Part> parts(n);
  std::vector<std::jthread> threads;
  for (std::uint64_t i = 0; i < n; ++i) {
    threads.emplace_back(
        [&, i] { parts[i] = add_up(begin + (end - begin) * i / n, begin + (end - begin) * (i + 1) / n); });
  }
  threads.clear();  // waits for them
  return parts;
}

void teach(lesson::Lesson& lesson) {
  const std::uint64_t n = lesson.size();
  const Part alone = lesson.time("serial", [&] { return add_up(0, n); });

  thrum::ProcessPool pool({.workers = n_processes, .threads_per_worker = n_threads});
  pool.wait_until_ready();
  std::vector<Part> parts = lesson.time("2 processes of 2 threads", [&] {
    auto first = pool.apply_async(add_up_with_threads, std::uint64_t{0}, n / 2);
    auto second = pool.apply_async(add_up_with_threads, n / 2, n);
    std::vector<Part> all = first.get();
    for (const Part& part : second.get()) all.push_back(part);
    return all;
  });

  std::set<pid_t> processes;
  std::set<lesson::Who> threads;
  std::uint64_t sum = 0;
  for (const Part& part : parts) {
    lesson.say("  {}", part.who.text());
    processes.insert(part.who.process);
    threads.insert(part.who);
    sum += part.sum;
  }
  lesson.check("the sum is the same", sum == alone.sum);
  lesson.check("two threads in each of two other processes", threads.size() == n_processes * n_threads &&
                                                                 processes.size() == n_processes &&
                                                                 !processes.contains(::getpid()));
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 20'000'000, teach);
}
