// The mean of many numbers: alone, by two threads, by two jobs, by two processes that get copies through a queue, by
// two that share the memory. The lecture's size: lesson_mean 100000000
#include <algorithm>
#include <cmath>
#include <numeric>
#include <ranges>
#include <span>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/parallel_calls.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/queue.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace {

using Numbers = std::span<const double>;
using Sums = std::vector<double>;

constexpr std::size_t block = 4096;
constexpr std::size_t n_values = 997;

thrum::SharedArray<double> make_numbers(std::size_t n) {
  const thrum::SharedArray<double> numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers.mutable_span()[i] = 1.0 / static_cast<double>(i % n_values + 1);
  numbers.seal();
  return numbers;
}

double mean_by_formula(std::size_t n) {
  double sum = 0;
  for (std::size_t v = 0; v < n_values; ++v) {
    const std::size_t count = n / n_values + (v < n % n_values ? 1 : 0);
    sum += static_cast<double>(count) / static_cast<double>(v + 1);
  }
  return sum / static_cast<double>(n);
}

/// Of each block. They are added in their order at last, so that the mean has the same bits whoever summed them.
Sums block_sums(Numbers numbers) {
  Sums sums;
  for (std::size_t i = 0; i < numbers.size(); i += block) {
    const Numbers part = numbers.subspan(i, std::min(block, numbers.size() - i));
    sums.push_back(std::reduce(part.begin(), part.end()));
  }
  return sums;
}

/// Half 0 or half 1, in whole blocks.
Numbers half(Numbers numbers, std::size_t i) {
  const std::size_t middle = std::min(numbers.size(), (numbers.size() / block / 2 + 1) * block);
  return i == 0 ? numbers.first(middle) : numbers.subspan(middle);
}

double mean(std::size_t n, const std::vector<Sums>& parts) {
  double sum = 0;
  for (const Sums& part : parts) sum = std::accumulate(part.begin(), part.end(), sum);
  return sum / static_cast<double>(n);
}

std::vector<Sums> by_two_threads(Numbers numbers) {
  thrum::Arena arena(2, thrum::Backend::threads);
  return thrum::parallel_map(arena, 2, [&](std::size_t i) { return block_sums(half(numbers, i)); });
}

std::vector<Sums> by_two_jobs(Numbers numbers) {
  const thrum::Parallel parallel({.n_jobs = 2});
  return parallel.map([&](std::size_t i) { return block_sums(half(numbers, i)); },
                      std::views::iota(std::size_t{0}, std::size_t{2}));
}

/// What goes to a process, and what comes back.
struct Part {
  std::size_t half = 0;
  std::vector<double> numbers;
};
struct Result {
  std::size_t half = 0;
  Sums sums;
};
using Results = thrum::Queue<Result>;

void add_up_copy(const thrum::Queue<Part>& parts, const Results& results) {
  const Part part = parts.get().value();
  results.put({part.half, block_sums(part.numbers)});
}

void add_up_half(const thrum::SharedArray<double>& numbers, std::size_t i, const Results& results) {
  results.put({i, block_sums(half(numbers.span(), i))});
}

/// They come in any order.
std::vector<Sums> get_both(const Results& results) {
  std::vector<Sums> sums(2);
  for (int i = 0; i < 2; ++i) {
    Result result = results.get().value();
    sums[result.half] = std::move(result.sums);
  }
  return sums;
}

std::vector<Sums> by_two_processes_with_copies(Numbers numbers) {
  const thrum::Queue<Part> parts;
  const Results results;
  const thrum::Process one = thrum::spawn(add_up_copy, parts, results);
  const thrum::Process two = thrum::spawn(add_up_copy, parts, results);
  for (std::size_t i = 0; i < 2; ++i) {
    const Numbers mine = half(numbers, i);
    parts.put({i, {mine.begin(), mine.end()}});
  }
  return get_both(results);
}

std::vector<Sums> by_two_processes_without_a_copy(const thrum::SharedArray<double>& numbers) {
  const Results results;
  const thrum::Process one = thrum::spawn(add_up_half, numbers, 0, results);
  const thrum::Process two = thrum::spawn(add_up_half, numbers, 1, results);
  return get_both(results);
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  lesson.say("The mean of {} numbers, {}:", n, lesson::Who().text());
  const auto numbers = make_numbers(n);
  const double alone = mean(n, {lesson.time("serial", [&] { return block_sums(numbers.span()); })});
  const double threads = mean(n, lesson.time("two threads", [&] { return by_two_threads(numbers.span()); }));
  const double jobs = mean(n, lesson.time("two jobs", [&] { return by_two_jobs(numbers.span()); }));
  const double copies =
      mean(n, lesson.time("two processes, copies", [&] { return by_two_processes_with_copies(numbers.span()); }));
  const double shared =
      mean(n, lesson.time("two processes, shared memory", [&] { return by_two_processes_without_a_copy(numbers); }));
  lesson.say("  the mean is {:.17g}", alone);
  lesson.check("the mean is right", std::abs(alone - mean_by_formula(n)) <= 1e-12 * alone);
  lesson.check("every way gives the same bits",
               alone == threads && alone == jobs && alone == copies && alone == shared);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 1'000'000, teach);
}
