// multiprocessing.Pool: many tasks on a few processes.
#include <iostream>
#include <ranges>
#include <tuple>
#include <vector>

#include "thrum/thrum.h"

namespace {

double inverse(int x) {
  if (x == 0) throw thrum::Error(thrum::ErrorCode::invalid_argument, "[inverse] of nothing");
  return 1.0 / x;
}

double power(double base, int exponent) {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  thrum::ProcessPool pool({.workers = 2});

  const std::vector<double> inverses = pool.map(&inverse, std::views::iota(1, 5));
  std::cout << "map: the last of " << inverses.size() << " is " << inverses.back() << "\n";

  const std::vector<std::tuple<double, int>> pairs = {{2, 10}, {3, 4}};
  std::cout << "starmap: " << pool.starmap(&power, pairs).back() << "\n";

  double sum = 0;
  for (const double x : pool.imap(&inverse, std::views::iota(1, 1'000'000))) {  // as they come, in order
    sum += x;
    if (x < 0.001) break;  // nothing further is begun
  }
  std::cout << "imap: " << sum << "\n";

  thrum::Future<double> future = pool.apply_async(&power, 2.0, 20);
  std::cout << "apply_async: " << future.get() << "\n";

  const auto square_plus = [offset = 1](int x) { return x * x + offset; };  // captures cross as bytes
  std::cout << "a lambda: " << pool.apply(square_plus, 7) << "\n";

  try {
    pool.map(&inverse, std::vector{2, 1, 0});
  } catch (const thrum::TaskFailed& failure) {
    std::cout << "failed: " << failure.what() << "\n";
  }
}
