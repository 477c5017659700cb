#include "thrum/runtime/sharing/condition.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/shared_array.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;

/// A number that processes wait for.
struct Board {
  Lock lock;
  Condition changed;
  SharedArray<int> number = SharedArray<int>::writable(1);

  void write(int value) const {
    const std::lock_guard guard(lock);
    number.mutable_span()[0] = value;
  }
  bool wait_for(int value, const Timeout& timeout = generous) const {
    const std::lock_guard guard(lock);
    return changed.wait_for(lock, [&] { return number[0] >= value; }, timeout);
  }
};

TEST(Condition, WakesAProcessWhenThePredicateIsTrue) {
  const Board board;
  Process process = spawn([](const Board& its) { demand(its.wait_for(3)); }, board);
  for (int i = 1; i <= 3; ++i) {
    board.write(i);
    board.changed.notify_one();
  }
  EXPECT_TRUE(process.wait().ok());
}

TEST(Condition, WakesAllThreads) {
  const Board board;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { EXPECT_TRUE(board.wait_for(1)); });
  board.write(1);
  board.changed.notify_all();
}

TEST(Condition, CarriesTurnsToAndFro) {
  const Board board;
  Process process = spawn(
      [](const Board& its) {
        for (int i = 1; i < 1000; i += 2) {
          demand(its.wait_for(i));
          its.write(i + 1);
          its.changed.notify_one();
        }
      },
      board);
  for (int i = 1; i < 1000; i += 2) {
    board.write(i);
    board.changed.notify_one();
    ASSERT_TRUE(board.wait_for(i + 1));
  }
  EXPECT_TRUE(process.wait().ok());
}

TEST(Condition, EndsAWaitInTimeWithTheLockHeld) {
  const Board board;
  EXPECT_FALSE(board.wait_for(1, milliseconds(30)));
  EXPECT_FALSE(board.wait_for(1, milliseconds(0)));
  board.lock.lock();
  EXPECT_FALSE(board.changed.wait(board.lock, milliseconds(1)));
  board.lock.unlock();
}

TEST(Condition, NeedsTheLock) {
  THRUM_SKIP_MISUSE_OF_MUTEXES();
  const Board board;
  expect_error(ErrorCode::invalid_argument, "[lock] expected a lock that this thread holds, it does not hold it",
               [&] { board.changed.wait(board.lock); });
}

TEST(Condition, LosesNoNotificationToAWaiterThatWasKilled) {
  const Board board;
  const Event ready;
  Process victim = spawn(
      [](const Board& its, const Event& its_ready) {
        const std::lock_guard guard(its.lock);
        its_ready.set();
        its.changed.wait_for(its.lock, [] { return false; });
      },
      board, ready);
  ASSERT_TRUE(ready.wait(generous));
  std::jthread waiter([&] { EXPECT_TRUE(board.wait_for(1)); });
  board.write(1);
  // Whichever of the two it wakes.
  board.changed.notify_one();
  kill_and_wait(victim);
}

TEST(Condition, TellsOfTheDeathOfTheHolderWithTheLockHeld) {
  const Board board;
  const Event held;
  board.lock.lock();
  Process holder = spawn(
      [](const Board& its, const Event& its_held) {
        its.lock.lock();
        its.changed.notify_all();
        its_held.set();
        block();
      },
      board, held);
  std::jthread killer([&] {
    EXPECT_TRUE(held.wait(generous));
    kill_and_wait(holder);
  });
  expect_error(ErrorCode::remote,
               "[condition] the process that held the lock ended; what it guards may be half written",
               [&] { board.changed.wait(board.lock, generous); });
  board.lock.unlock();
}

TEST(Condition, RefusesForeignMemory) {
  expect_refusal<Condition>("condition");
}

}  // namespace
}  // namespace thrum
