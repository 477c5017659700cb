// Workers that are forked and then load the data hold a copy each; forked after the data was loaded, they share the
// pages of their parent until somebody writes to them. The lecture's size, in MB: lesson_fork_and_load 1000
#include <fstream>
#include <numeric>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace {

constexpr std::size_t n_workers = 2;
constexpr double megabyte = 1 << 20;

/// In megabytes, of one process.
struct Memory {
  double resident = 0;
  double own = 0;  ///< in pages that no other process has
};

Memory memory_of_this_process() {
  std::ifstream file("/proc/self/smaps_rollup");
  Memory memory;
  std::string name, unit;
  std::getline(file, name);  // the range of addresses
  for (double kilobytes = 0; file >> name >> kilobytes >> unit;) {
    if (name == "Rss:") memory.resident = kilobytes / 1024;
    if (name == "Private_Clean:" || name == "Private_Dirty:") memory.own += kilobytes / 1024;
  }
  return memory;
}

std::vector<double> load(std::size_t megabytes) {
  return std::vector<double>(megabytes * (1 << 20) / sizeof(double), 1.0);
}

struct Result {
  Memory memory;
  double sum = 0;
};

/// Forks the workers, which compute, and returns what each of them saw.
template <class Compute>
std::vector<Result> fork_workers(Compute&& compute) {
  const auto results = thrum::SharedArray<Result>::writable(n_workers);
  std::vector<thrum::Process> processes;
  for (std::size_t i = 0; i < n_workers; ++i) {
    processes.push_back(thrum::spawn({.start = thrum::StartMethod::fork}, [&, i] {
      Result& result = results.mutable_span()[i];
      compute(result);
    }));
  }
  for (thrum::Process& process : processes) process.wait();
  return {results.begin(), results.end()};
}

void compute(const std::vector<double>& data, Result& result) {
  result.sum = std::accumulate(data.begin(), data.end(), 0.0);
  result.memory = memory_of_this_process();
}

void show(lesson::Lesson& lesson, const std::string& name, const std::vector<Result>& results) {
  double resident = 0, own = 0;
  for (const Result& result : results) {
    resident += result.memory.resident;
    own += result.memory.own;
  }
  lesson.record(name + ", resident", resident, "MB in both workers");
  lesson.record(name + ", their own", own, "MB");
}

void teach(lesson::Lesson& lesson) {
  const std::size_t megabytes = lesson.size();
  const auto forked_first = fork_workers([&](Result& result) { compute(load(megabytes), result); });
  show(lesson, "fork, then load", forked_first);

  const std::vector<double> data = load(megabytes);
  const auto loaded_first = fork_workers([&](Result& result) { compute(data, result); });
  show(lesson, "load, then fork", loaded_first);

  const auto size = static_cast<double>(megabytes);
  for (std::size_t i = 0; i < n_workers; ++i) {
    lesson.check("the data was there",
                 forked_first[i].sum == loaded_first[i].sum && loaded_first[i].sum == size * megabyte / sizeof(double));
    lesson.check("loaded after the fork it is a copy", forked_first[i].memory.own >= size);
    lesson.check("loaded before the fork it is shared",
                 loaded_first[i].memory.resident >= size && loaded_first[i].memory.own < size / 2);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 64, teach);
}
