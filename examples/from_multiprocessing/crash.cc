// What happens when a worker dies.
#include <cstdlib>
#include <iostream>
#include <vector>

#include "thrum/thrum.h"

namespace {

int crash_at_three(int x) {
  if (x == 3) std::abort();
  return x;
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  thrum::ProcessPool pool({.workers = 2});
  try {
    pool.map(&crash_at_three, std::vector{1, 2, 3, 4});
  } catch (const thrum::TaskCrashed& crash) {
    std::cout << crash.what() << "\n";
  }
  std::cout << "the pool goes on: " << pool.apply(&crash_at_three, 5) << "\n";
}
