#include "thrum/runtime/sharing/lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/shared_array.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;

/// A process that holds `lock` until it is killed.
template <class AnyLock>
Process holder_of(const AnyLock& lock) {
  const Event held;
  Process process = spawn(
      [](const AnyLock& its_lock, const Event& its_held) {
        its_lock.acquire();
        its_held.set();
        block();
      },
      lock, held);
  EXPECT_TRUE(held.wait(generous));
  return process;
}

TEST(Lock, LetsOneThreadInAtATime) {
  const Lock lock;
  std::int64_t count = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        const std::lock_guard guard(lock);
        ++count;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(count, 40'000);
}

TEST(Lock, LetsOneProcessInAtATime) {
  const Lock lock;
  const auto count = SharedArray<std::int64_t>::writable(1);
  std::vector<Process> processes;
  for (int p = 0; p < 3; ++p) {
    processes.push_back(spawn(
        [](const Lock& its_lock, const SharedArray<std::int64_t>& its_count) {
          for (int i = 0; i < 10'000; ++i) {
            const std::lock_guard guard(its_lock);
            ++its_count.mutable_span()[0];
          }
        },
        lock, count));
  }
  for (Process& process : processes) EXPECT_TRUE(process.wait().ok());
  EXPECT_EQ(count[0], 30'000);
}

TEST(Lock, IsNotAcquiredWhileAnotherProcessHoldsIt) {
  const Lock lock;
  const Process holder = holder_of(lock);
  EXPECT_FALSE(lock.try_lock());
  EXPECT_EQ(lock.acquire(milliseconds(5)), Acquired::no);
  EXPECT_EQ(lock.acquire(milliseconds(-5)), Acquired::no);
}

TEST(Lock, TellsOfTheDeathOfItsHolderOnce) {
  const Lock lock;
  Process holder = holder_of(lock);
  kill_and_wait(holder);
  EXPECT_EQ(lock.acquire(generous), Acquired::after_death);
  lock.unlock();
  EXPECT_EQ(lock.acquire(generous), Acquired::yes);
  lock.unlock();
}

TEST(Lock, PassesToAWaiterWhenItsHolderDies) {
  const Lock lock;
  Process holder = holder_of(lock);
  const Event waiting;
  Acquired acquired = Acquired::no;
  std::jthread waiter([&] {
    waiting.set();
    acquired = lock.acquire(generous);
    lock.unlock();
  });
  waiting.wait();
  kill_and_wait(holder);
  waiter.join();
  EXPECT_EQ(acquired, Acquired::after_death);
}

TEST(Lock, ThrowsOnceAfterTheDeathOfItsHolder) {
  const Lock lock;
  const std::string message =
      "[lock] the process that held the lock ended; what it guards may be half written; acquire() tells of it and "
      "keeps "
      "the lock";
  Process first = holder_of(lock);
  kill_and_wait(first);
  expect_error(ErrorCode::remote, message, [&] { const std::lock_guard guard(lock); });
  {
    const std::lock_guard guard(lock);
  }
  Process second = holder_of(lock);
  kill_and_wait(second);
  expect_error(ErrorCode::remote, message, [&] { lock.try_lock(); });
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(Lock, RefusesItsHolderASecondTime) {
  const Lock lock;
  const std::lock_guard guard(lock);
  expect_error(ErrorCode::invalid_argument,
               "[lock] expected a lock that this thread does not hold, it holds it; an RLock can be acquired again",
               [&] { lock.acquire(); });
}

TEST(Lock, IsReleasedByItsHolderOnly) {
  THRUM_SKIP_MISUSE_OF_MUTEXES();
  const Lock lock;
  const auto release = [&] { lock.unlock(); };
  const std::string message = "[lock] expected a lock that this thread holds, it does not hold it";
  expect_error(ErrorCode::invalid_argument, message, release);
  lock.lock();
  std::jthread([&] { expect_error(ErrorCode::invalid_argument, message, release); }).join();
  lock.unlock();
}

TEST(Lock, MayBeLetGoWhileHeld) {
  const Lock other;
  {
    const Lock lock;
    lock.lock();
  }
  const std::lock_guard guard(other);  // touches the list of what this thread holds
}

TEST(Lock, RefusesForeignMemory) {
  expect_refusal<Lock>("lock");
  expect_refusal<RLock>("rlock");
}

TEST(RLock, IsAcquiredAsOftenAsItIsReleased) {
  const RLock lock;
  lock.lock();
  EXPECT_EQ(lock.acquire(), Acquired::yes);
  lock.unlock();
  std::jthread([&] { EXPECT_FALSE(lock.try_lock()); }).join();
  lock.unlock();
  std::jthread([&] {
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
  }).join();
}

TEST(RLock, TellsOfTheDeathOfItsHolder) {
  const RLock lock;
  Process holder = holder_of(lock);
  kill_and_wait(holder);
  EXPECT_EQ(lock.acquire(generous), Acquired::after_death);
  EXPECT_EQ(lock.acquire(generous), Acquired::yes);
  lock.unlock();
  lock.unlock();
}

TEST(LockChaos, SurvivesProcessesKilledAtAnyMoment) {
  const Lock lock;
  const auto counts = SharedArray<std::int64_t>::writable(2);
  const Random random(7);
  for (int round = 0; round < 30; ++round) {
    std::vector<Process> processes;
    const Event running;
    for (int p = 0; p < 2; ++p) {
      processes.push_back(spawn(
          SpawnOptions{.start = StartMethod::fork_server},
          [](const Lock& its_lock, const SharedArray<std::int64_t>& its_counts, const Event& its_running) {
            const std::span<std::int64_t> values = its_counts.mutable_span();
            for (;;) {
              if (its_lock.acquire() == Acquired::after_death) values[1] = values[0];
              ++values[0];
              ++values[1];
              its_lock.unlock();
              its_running.set();
            }
          },
          lock, counts, running));
    }
    ASSERT_TRUE(running.wait(generous));
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(static_cast<std::uint64_t>(round), 2000)));
    for (Process& process : processes) kill_and_wait(process);
    const Acquired acquired = lock.acquire(generous);
    ASSERT_NE(acquired, Acquired::no);
    ASSERT_TRUE(acquired == Acquired::after_death || counts[0] == counts[1]);
    counts.mutable_span()[1] = counts[0];
    lock.unlock();
  }
}

}  // namespace
}  // namespace thrum
