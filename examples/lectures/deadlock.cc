// Deadlock: each of two threads holds a lock and waits for the other's. Made, noticed by a timeout, and mended.
#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

#include "examples/lectures/lesson.h"

namespace {

using namespace std::chrono_literals;

/// Two accounts, each under its lock. Money goes both ways at once.
struct Bank {
  std::timed_mutex locks[2];
  long money[2] = {1000, 1000};

  void transfer(int from, int to, long amount) {
    money[from] -= amount;
    money[to] += amount;
  }
};

/// Runs f(0) and f(1) in two threads.
template <class F>
void both(F&& f) {
  const std::jthread one(f, 0), two(f, 1);
}

/// How many threads gave up. With lock() in place of the timeout they would wait for ever.
int deadlock() {
  Bank bank;
  std::atomic<int> n_stuck = 0;
  std::barrier each_holds_one(2);
  both([&](int mine) {
    const std::scoped_lock lock(bank.locks[mine]);
    each_holds_one.arrive_and_wait();
    const std::unique_lock other(bank.locks[1 - mine], 50ms);
    if (!other) ++n_stuck;
  });
  return n_stuck;
}

/// scoped_lock takes both locks, or waits with none in its hands.
bool transfers_without_deadlock(std::size_t n) {
  Bank bank;
  both([&](int mine) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::scoped_lock lock(bank.locks[mine], bank.locks[1 - mine]);
      bank.transfer(mine, 1 - mine, mine == 0 ? 1 : 2);
    }
  });
  return bank.money[0] == 1000 + static_cast<long>(n) && bank.money[1] == 1000 - static_cast<long>(n);
}

void teach(lesson::Lesson& lesson) {
  const int n_stuck = lesson.time("two locks one by one", [] { return deadlock(); });
  lesson.say("    {} of 2 threads gave up after 50 ms", n_stuck);
  lesson.check("the deadlock was noticed", n_stuck >= 1);
  const bool right = lesson.time("both locks at once", [&] { return transfers_without_deadlock(lesson.size()); });
  lesson.check("all transfers were made, and no money lost", right);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 10'000, teach);
}
