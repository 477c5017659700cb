#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "thrum/runtime/parallel_calls.h"

namespace thrum::parallel_test {

/// What every backend must do, with one job and with several.
class ParallelConformance : public testing::TestWithParam<std::tuple<ParallelBackend, int>> {
 protected:
  ParallelOptions options{.n_jobs = std::get<int>(GetParam()), .backend = std::get<ParallelBackend>(GetParam())};
  Parallel parallel{options};
};

/// Wraps around, since streams run ahead of what a test reads.
inline int square(int i) {
  return static_cast<int>(static_cast<unsigned>(i) * static_cast<unsigned>(i));
}

inline std::vector<int> iota(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

inline std::vector<int> squares(int n) {
  std::vector<int> result = iota(n);
  for (int& i : result) i *= i;
  return result;
}

/// Passes once: what std::generator gives.
class Countdown : public std::ranges::view_interface<Countdown> {
 public:
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const { return source->current(); }
    Iterator& operator++() {
      --source->next_;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.ended(); }
    bool ended() const { return source->next_ == 0; }
    Countdown* source = nullptr;
  };

  explicit Countdown(int from, int bad = -1) : next_(from), bad_(bad) {}
  Countdown(Countdown&&) = default;
  Countdown& operator=(Countdown&&) = default;
  Iterator begin() { return {this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  int current() const { return next_ == bad_ ? throw std::runtime_error("torn") : next_; }

  int next_, bad_;
};

}  // namespace thrum::parallel_test
