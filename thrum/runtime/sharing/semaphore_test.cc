#include "thrum/runtime/sharing/semaphore.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;

/// A process that holds `permits` until it is killed.
Process holder_of(const Semaphore& semaphore, int permits) {
  const Event held;
  Process process = spawn(
      [](const Semaphore& its_semaphore, int its_permits, const Event& its_held) {
        for (int i = 0; i < its_permits; ++i) its_semaphore.acquire();
        its_held.set();
        block();
      },
      semaphore, permits, held);
  EXPECT_TRUE(held.wait(generous));
  return process;
}

TEST(Semaphore, HasAsManyPermitsAsItWasMadeWith) {
  const Semaphore semaphore(2);
  EXPECT_EQ(semaphore.value(), 2);
  EXPECT_TRUE(semaphore.acquire());
  EXPECT_TRUE(semaphore.try_lock());
  EXPECT_EQ(semaphore.value(), 0);
  EXPECT_FALSE(semaphore.try_lock());
  EXPECT_FALSE(semaphore.acquire(milliseconds(30)));
  semaphore.release(2);
  EXPECT_EQ(semaphore.value(), 2);
}

TEST(Semaphore, LetsNoMoreThreadsInThanItHasPermits) {
  const Semaphore semaphore(2);
  std::atomic<int> entered = 0, inside = 0, most = 0;
  std::latch two_inside(2);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const std::lock_guard guard(semaphore);
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        if (entered++ < 2) two_inside.arrive_and_wait();
        --inside;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(most, 2);
  EXPECT_EQ(semaphore.value(), 2);
}

TEST(Semaphore, CarriesSignals) {
  const Semaphore request(0), reply(0);
  Process process = spawn(
      [](const Semaphore& its_request, const Semaphore& its_reply) {
        for (int i = 0; i < 1000; ++i) {
          demand(its_request.acquire(generous));
          its_reply.release();
        }
      },
      request, reply);
  for (int i = 0; i < 1000; ++i) {
    request.release();
    ASSERT_TRUE(reply.acquire(generous));
  }
  EXPECT_TRUE(process.wait().ok());
}

TEST(Semaphore, ThatIsBoundedIsReleasedByItsHoldersOnly) {
  const Semaphore semaphore(2, {.bounded = true});
  semaphore.acquire();
  expect_error(ErrorCode::invalid_argument,
               "[semaphore] expected at most 1 permits to release, which this process holds, got 2",
               [&] { semaphore.release(2); });
  semaphore.release();
  EXPECT_THROW(semaphore.release(), Error);
  EXPECT_EQ(semaphore.value(), 2);
}

TEST(Semaphore, TakesBackThePermitsOfADeadProcess) {
  const Semaphore semaphore(3);
  Process holder = holder_of(semaphore, 3);
  EXPECT_FALSE(semaphore.try_lock());
  kill_and_wait(holder);
  EXPECT_TRUE(semaphore.try_lock());
  EXPECT_EQ(semaphore.value(), 2);
}

TEST(Semaphore, TakesBackPermitsBeforeAnybodyWaitedForTheirProcess) {
  const Semaphore semaphore(1);
  Process holder = holder_of(semaphore, 1);
  std::jthread killer([&] { holder.kill(); });
  EXPECT_TRUE(semaphore.acquire(generous));
  killer.join();
}

TEST(Semaphore, TakesBackThePermitsOfAProcessThatEnds) {
  const Semaphore semaphore(1, {.bounded = true});
  EXPECT_TRUE(spawn([](const Semaphore& its) { its.acquire(); }, semaphore).wait().ok());
  EXPECT_TRUE(semaphore.acquire(generous));
}

TEST(Semaphore, RefusesNumbersThatCannotBe) {
  expect_error(ErrorCode::invalid_argument, "[semaphore] expected 0 permits or more, got -1",
               [] { const Semaphore semaphore(-1); });
  const Semaphore semaphore(1);
  expect_error(ErrorCode::invalid_argument, "[semaphore] expected 1 permit or more, got 0",
               [&] { semaphore.release(0); });
}

TEST(Semaphore, RefusesForeignMemory) {
  expect_refusal<Semaphore>("semaphore");
}

TEST(SemaphoreChaos, KeepsItsPermitsWhateverIsKilled) {
  const Semaphore semaphore(2, {.bounded = true});
  const Random random(11);
  for (std::uint64_t round = 0; round < 30; ++round) {
    const Event running;
    std::vector<Process> processes;
    for (int p = 0; p < 3; ++p) {
      processes.push_back(spawn(
          SpawnOptions{.start = StartMethod::fork_server},
          [](const Semaphore& its, const Event& its_running) {
            for (;;) {
              its.acquire();
              its_running.set();
              its.release();
            }
          },
          semaphore, running));
    }
    ASSERT_TRUE(running.wait(generous));
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(round, 2000)));
    for (Process& process : processes) kill_and_wait(process);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(semaphore.acquire(generous));
    ASSERT_FALSE(semaphore.try_lock());
    semaphore.release(2);
  }
}

}  // namespace
}  // namespace thrum
