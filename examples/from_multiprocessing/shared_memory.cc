// multiprocessing.shared_memory, Array, Value and Lock: data that are not copied.
#include <iostream>
#include <mutex>
#include <numeric>
#include <tuple>
#include <vector>

#include "thrum/thrum.h"

namespace {

double sum(const thrum::SharedArray<double>& x, std::size_t begin, std::size_t end) {
  return std::accumulate(x.begin() + begin, x.begin() + end, 0.0);
}

void count(const thrum::SharedArray<int>& counter, const thrum::Lock& lock) {
  for (int i = 0; i < 1000; ++i) {
    const std::lock_guard guard(lock);
    counter.mutable_span()[0] += 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  thrum::ProcessPool pool({.workers = 2});

  const auto x = thrum::SharedArray<double>::from(std::vector<double>(1'000'000, 0.5));  // read-only from here on
  const std::vector<std::tuple<thrum::SharedArray<double>, std::size_t, std::size_t>> halves = {
      {x, 0, 500'000}, {x, 500'000, 1'000'000}};
  const std::vector<double> sums = pool.starmap(&sum, halves);
  std::cout << "sum: " << sums[0] + sums[1] << "\n";

  const auto counter = thrum::SharedArray<int>::writable(1);
  const thrum::Lock lock;
  thrum::Future<void> one = pool.apply_async(&count, counter, lock);
  thrum::Future<void> other = pool.apply_async(&count, counter, lock);
  one.get();
  other.get();
  std::cout << "counted: " << counter[0] << "\n";
}
