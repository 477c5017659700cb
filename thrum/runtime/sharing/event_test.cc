#include "thrum/runtime/sharing/event.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;

TEST(Event, IsWaitedForUntilItIsSet) {
  const Event event;
  EXPECT_FALSE(event.is_set());
  EXPECT_FALSE(event.wait(milliseconds(0)));
  EXPECT_FALSE(event.wait(milliseconds(30)));
  event.set();
  event.set();
  EXPECT_TRUE(event.is_set());
  EXPECT_TRUE(event.wait());
  event.clear();
  EXPECT_FALSE(event.is_set());
}

TEST(Event, WakesEveryProcess) {
  const Event go;
  std::vector<Process> processes;
  std::vector<Event> ready(3);
  for (const Event& one : ready) {
    processes.push_back(spawn(
        [](const Event& its_go, const Event& its_ready) {
          its_ready.set();
          demand(its_go.wait(generous));
        },
        go, one));
  }
  for (const Event& one : ready) EXPECT_TRUE(one.wait(generous));
  go.set();
  for (Process& process : processes) EXPECT_TRUE(process.wait().ok());
}

TEST(Event, ThatIsClearedAtOnceStillWakesItsWaiters) {
  const Event event, ended;
  std::jthread waiter([&] {
    EXPECT_TRUE(event.wait(generous));
    ended.set();
  });
  while (!ended.is_set()) {
    event.set();
    event.clear();
  }
}

TEST(Event, WakesOthersAfterAWaiterWasKilled) {
  const Event go, ready, done;
  const auto wait = [](const Event& its_go, const Event& its_ready, const Event& its_done) {
    its_ready.set();
    its_go.wait();
    its_done.set();
  };
  Process victim = spawn(wait, go, ready, done);
  ASSERT_TRUE(ready.wait(generous));
  kill_and_wait(victim);
  Process other = spawn(wait, go, ready, done);
  go.set();
  EXPECT_TRUE(done.wait(generous));
  EXPECT_TRUE(other.wait().ok());
}

TEST(Event, RefusesForeignMemory) {
  expect_refusal<Event>("event");
}

}  // namespace
}  // namespace thrum
