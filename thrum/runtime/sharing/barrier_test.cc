#include "thrum/runtime/sharing/barrier.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/shared_array.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;

/// Until `n` parties wait.
void wait_for_parties(const Barrier& barrier, std::int64_t n) {
  while (barrier.n_waiting() < n) std::this_thread::yield();
}

TEST(Barrier, LetsAllGoOnWhenAllHaveCome) {
  const Barrier barrier(3);
  const auto arrived = SharedArray<int>::writable(1);
  std::vector<Process> processes;
  for (int p = 0; p < 3; ++p) {
    processes.push_back(spawn(
        [](const Barrier& its, const SharedArray<int>& its_arrived) {
          const std::atomic_ref count(its_arrived.mutable_span()[0]);
          for (int round = 1; round <= 100; ++round) {
            ++count;
            its.wait(generous);
            demand(count >= 3 * round);
            its.wait(generous);
          }
        },
        barrier, arrived));
  }
  for (Process& process : processes) EXPECT_TRUE(process.wait().ok());
  EXPECT_EQ(arrived[0], 300);
  EXPECT_FALSE(barrier.is_broken());
}

TEST(Barrier, NumbersItsParties) {
  const Barrier barrier(4);
  EXPECT_EQ(barrier.parties(), 4);
  Mutex mutex;
  std::set<std::int64_t> places;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const std::int64_t place = barrier.wait(generous);
      const MutexLock lock(mutex);
      places.insert(place);
    });
  }
  threads.clear();
  EXPECT_EQ(places, (std::set<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(barrier.n_waiting(), 0);
}

TEST(Barrier, BreaksWhenTheTimeOfOnePasses) {
  const Barrier barrier(3);
  std::jthread other([&] {
    expect_error(ErrorCode::timed_out, "[barrier] broken: the time of a party passed", [&] { barrier.wait(generous); });
  });
  wait_for_parties(barrier, 1);
  expect_error(ErrorCode::timed_out, "[barrier] broken: the time of a party passed",
               [&] { barrier.wait(milliseconds(1)); });
  other.join();
  EXPECT_TRUE(barrier.is_broken());
  EXPECT_THROW(barrier.wait(), Error);
  barrier.reset();
  EXPECT_FALSE(barrier.is_broken());
}

TEST(Barrier, BreaksWhenAPartyDies) {
  const Barrier barrier(2);
  const Event here;
  Process victim = spawn(
      [](const Barrier& /*its*/, const Event& its_here) {
        its_here.set();
        block();
      },
      barrier, here);
  ASSERT_TRUE(here.wait(generous));
  const std::string message = "[barrier] broken: process " + std::to_string(victim.pid()) + " ended";
  std::jthread killer([&] {
    wait_for_parties(barrier, 1);
    victim.kill();
  });
  expect_error(ErrorCode::remote, message, [&] { barrier.wait(generous); });
  expect_error(ErrorCode::remote, message, [&] { barrier.wait(generous); });
  barrier.reset();
  std::jthread other([&] { barrier.wait(generous); });
  barrier.wait(generous);
}

TEST(Barrier, BreaksWhenAPartyDiesThatWaits) {
  const Barrier barrier(3);
  Process victim = spawn([](const Barrier& its) { its.wait(); }, barrier);
  wait_for_parties(barrier, 1);
  kill_and_wait(victim);
  EXPECT_THROW(barrier.wait(generous), Error);
  EXPECT_TRUE(barrier.is_broken());
}

TEST(Barrier, StaysWholeWhenAProcessEndsThatLetItGo) {
  const Barrier barrier(2);
  EXPECT_TRUE(spawn([](const Barrier& /*its*/) {}, barrier).wait().ok());
  std::jthread other([&] { barrier.wait(generous); });
  barrier.wait(generous);
}

TEST(Barrier, AbortsAndResets) {
  const Barrier barrier(2);
  {
    std::jthread waiter([&] {
      expect_error(ErrorCode::cancelled, "[barrier] broken: it was aborted", [&] { barrier.wait(generous); });
    });
    wait_for_parties(barrier, 1);
    barrier.abort();
  }
  EXPECT_TRUE(barrier.is_broken());
  barrier.reset();
  std::jthread waiter([&] {
    expect_error(ErrorCode::cancelled, "[barrier] it was reset while parties waited", [&] { barrier.wait(generous); });
  });
  wait_for_parties(barrier, 1);
  barrier.reset();
  waiter.join();
  EXPECT_FALSE(barrier.is_broken());
}

TEST(Barrier, NeedsAParty) {
  expect_error(ErrorCode::invalid_argument, "[barrier] expected 1 party or more, got 0",
               [] { const Barrier barrier(0); });
  EXPECT_EQ(Barrier(1).wait(), 0);
}

TEST(Barrier, RefusesForeignMemory) {
  expect_refusal<Barrier>("barrier");
}

}  // namespace
}  // namespace thrum
