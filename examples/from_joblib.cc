// What joblib.Parallel does, in C++. The guide page "From joblib" quotes this file.
#include <chrono>
#include <cmath>
#include <exception>
#include <iostream>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "thrum/thrum.h"

namespace {

/// Stands for work: the integral of sin over [0, x].
double integrate(double x) {
  constexpr int steps = 10'000;
  double sum = 0;
  for (int i = 0; i < steps; ++i) sum += std::sin(x * (i + 0.5) / steps);
  return sum * x / steps;
}

std::string greet(const std::string& name) {
  return "hello " + name;
}

void map_in_order() {
  const thrum::Parallel parallel({.n_jobs = -1});
  const std::vector<double> integrals = parallel.map(integrate, std::vector<double>{1, 2, 3});
  std::cout << "integrals " << integrals[0] << " " << integrals[1] << " " << integrals[2] << "\n";
}

void call_different_functions() {
  const thrum::Parallel parallel({.n_jobs = 2});
  const auto [integral, greeting] = parallel(thrum::delayed(integrate, 3.0), thrum::delayed(greet, "Ada"));
  std::cout << greeting << ", " << integral << "\n";
}

void read_results_as_they_come() {
  const thrum::Parallel parallel({.n_jobs = 2});
  double total = 0;
  for (double integral : parallel.stream(integrate, std::views::iota(1))) {  // 1, 2, 3, … without end
    total += integral;
    if (total > 10) break;  // what has not begun never begins
  }
  std::cout << "total " << total << "\n";

  std::vector<double> integrals(100);
  for (const auto& [index, integral] : parallel.stream_unordered(integrate, std::views::iota(0, 100))) {
    integrals[index] = integral;  // as soon as it is there
  }
  std::cout << integrals.size() << " integrals\n";
}

void wait_for_many_things_at_once() {
  const thrum::Parallel parallel({.n_jobs = 50, .backend = thrum::Parallel::blocking});
  const auto fetch = [](int page) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // stands for a socket
    return page;
  };
  std::cout << parallel.map(fetch, std::views::iota(0, 200)).size() << " pages\n";
}

void handle_failures() {
  const thrum::Parallel parallel({.n_jobs = 2});
  const auto root = [](double x) {
    return x < 0 ? throw std::domain_error("a root of a negative number") : std::sqrt(x);
  };
  const std::vector<double> numbers = {4, -1, 9};
  try {
    parallel.map(root, numbers);
  } catch (const thrum::TaskFailed& failed) {
    std::cout << failed.what() << "\n";
  }
  for (const auto& outcome : parallel.collect(root, numbers)) std::cout << outcome.value_or(-1) << " ";
  std::cout << "\n";
}

void limit_and_watch(thrum::Progress& progress, std::stop_token stop) {
  const thrum::Parallel parallel(
      {.n_jobs = 0.5, .timeout = std::chrono::seconds(30), .progress = &progress, .stop = stop, .batch_size = 10});
  parallel.map(integrate, std::views::iota(0, 100));
}

void run_in_processes() {
  const thrum::ParallelProcesses parallel({.n_jobs = 2});
  const std::vector<double> integrals = parallel.map(integrate, std::vector<double>{1, 2, 3});
  std::cout << "from processes " << integrals[2] << "\n";
}

class LastReport : public thrum::Progress {
 public:
  void report(const Report& report) override { done = report.done; }
  std::size_t done = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  thrum::init(argc, argv);  // only ParallelProcesses needs it
  map_in_order();
  call_different_functions();
  read_results_as_they_come();
  wait_for_many_things_at_once();
  handle_failures();
  LastReport progress;
  limit_and_watch(progress, {});
  std::cout << progress.done << " done\n";
  run_in_processes();
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
