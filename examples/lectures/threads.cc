// Threads that get arguments, work at once, and are waited for.
#include <functional>
#include <set>
#include <thread>

#include "examples/lectures/lesson.h"

namespace {

struct Report {
  lesson::Who who;
  double sum = 0;
};

/// A thread returns nothing: it gets a place to write to. Each has its own, so that no two write to the same.
void add_up(std::size_t begin, std::size_t end, Report& report) {
  report.who = lesson::Who();
  for (std::size_t i = begin; i < end; ++i) report.sum += static_cast<double>(i);
}

void teach(lesson::Lesson& lesson) {
  constexpr std::size_t n_threads = 4;
  const std::size_t n = lesson.size();
  lesson.say("The main thread is {}.", lesson::Who().text());

  std::vector<Report> reports(n_threads);
  lesson.time("four threads", [&] {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < n_threads; ++i) {
      threads.emplace_back(add_up, i * n, (i + 1) * n, std::ref(reports[i]));  // begins at once
    }
    for (std::thread& thread : threads) thread.join();  // from here on its report may be read
  });

  std::set<lesson::Who> who = {lesson::Who()};
  double sum = 0;
  for (const Report& report : reports) {
    lesson.say("  {} added up to {}", report.who.text(), report.sum);
    who.insert(report.who);
    sum += report.sum;
  }
  const auto total = static_cast<double>(n_threads * n);
  lesson.check("the sum is right", sum == total * (total - 1) / 2);
  lesson.check("four threads of one process, besides the main one",
               who.size() == n_threads + 1 && who.begin()->process == who.rbegin()->process);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 10'000, teach);
}
