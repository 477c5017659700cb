// What OpenMP loops do, in C++. The guide page "From OpenMP loops" quotes this file.
#include <cmath>
#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <vector>

#include "thrum/thrum.h"

namespace {

void scale(thrum::Arena& arena, std::vector<double>& values) {
  thrum::parallel_for(arena, values.size(), 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) values[i] *= 2;
  });
}

double sum(thrum::Arena& arena, const std::vector<double>& values) {
  const auto sum_of_chunk = [&](std::size_t begin, std::size_t end) {
    double chunk = 0;
    for (std::size_t i = begin; i < end; ++i) chunk += values[i];
    return chunk;
  };
  return thrum::parallel_reduce(arena, values.size(), 4096, 0.0, sum_of_chunk, std::plus<>());
}

/// Tasks that begin tasks.
long fib(thrum::Arena& arena, int n) {
  if (n < 20) return n < 2 ? n : fib(arena, n - 1) + fib(arena, n - 2);
  long a = 0, b = 0;
  thrum::parallel_invoke(arena, [&] { a = fib(arena, n - 1); }, [&] { b = fib(arena, n - 2); });
  return a + b;
}

/// Each row is a loop itself: both share the places of one arena.
std::vector<double> row_norms(thrum::Arena& arena, const std::vector<std::vector<double>>& rows) {
  return thrum::parallel_map(arena, rows.size(), [&](std::size_t row) {
    const auto squares = thrum::parallel_map(arena, rows[row].size(),
                                             [&](std::size_t column) { return rows[row][column] * rows[row][column]; });
    return std::sqrt(sum(arena, squares));
  });
}

void leave_a_loop_by_an_exception(thrum::Arena& arena) {
  try {
    arena.run(100, [](std::size_t i) {
      if (i % 10 == 7) throw std::runtime_error("found " + std::to_string(i));
    });
  } catch (const std::runtime_error& error) {
    std::cout << error.what() << "\n";  // always that of the lowest chunk
  }
}

}  // namespace

int main() try {
  thrum::Arena arena;  // as many places as the process may use CPUs
  std::vector<double> values(100'000, 0.5);
  scale(arena, values);
  std::cout << "sum " << sum(arena, values) << "\n";
  std::cout << "fib " << fib(arena, 27) << "\n";
  std::cout << "norm " << row_norms(arena, {{3, 4}, {6, 8}})[1] << "\n";
  leave_a_loop_by_an_exception(arena);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
