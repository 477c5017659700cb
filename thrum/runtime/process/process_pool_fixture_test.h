#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/process/process_pool.h"

namespace thrum::pool_test {

inline int square(int x) {
  return x * x;
}

inline int fail_at_seven(int x) {
  if (x == 7) throw Error(ErrorCode::corrupt_data, "[test] seven is wrong", "take eight");
  if (x == 9) throw std::out_of_range("nine is too much");
  return x;
}

inline std::vector<int> first(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

inline std::vector<int> squares(int n) {
  std::vector<int> numbers = first(n);
  for (int& x : numbers) x = square(x);
  return numbers;
}

/// A file in which tasks leave marks, since they share no memory.
class Marks {
 public:
  Marks() {
    std::array<char, 32> name = {"/tmp/thrum-marks-XXXXXX"};
    ::close(::mkstemp(name.data()));
    path_ = name.data();
  }
  ~Marks() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::size_t count() const { return static_cast<std::size_t>(std::ifstream(path_, std::ios::ate).tellg()); }

  static void leave(const std::string& path) { std::ofstream(path, std::ios::app) << '.'; }

 private:
  std::string path_;
};

class Pool : public testing::TestWithParam<StartMethod> {
 protected:
  PoolOptions options(int workers = 2) const { return {.workers = workers, .start = GetParam()}; }
};

}  // namespace thrum::pool_test
