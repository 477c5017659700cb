#include "thrum/runtime/advice/run_cost.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

Command shell(const std::string& script) {
  Command command;
  command.program = "/bin/sh";
  command.name = "sh";
  command.arguments = {"-c", script};
  return command;
}

TEST(MeasureRun, SeesThatAProgramComputes) {
  const RunCost cost = measure_run(shell("i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done"));
  EXPECT_TRUE(cost.end.ok());
  EXPECT_GT(cost.cpu_seconds(), 0);
  EXPECT_LE(cost.cpu_seconds(), cost.wall_seconds * 1.1);
  EXPECT_GT(cost.busy_share(), 0.5);
  EXPECT_EQ(cost.most_threads, 1);
}

TEST(MeasureRun, SeesThatAProgramWaits) {
  const RunCost cost = measure_run(shell("sleep 0.3; exit 3"));
  EXPECT_EQ(cost.end.code, 3);
  EXPECT_GE(cost.wall_seconds, 0.3);
  EXPECT_LT(cost.busy_share(), 0.4);
  EXPECT_GT(cost.usage.voluntary_switches, 0u);
  EXPECT_EQ(cost.most_threads, 2);  // sh and sleep
}

TEST(MeasureRun, CountsWhatChildrenCost) {
  const std::string loop = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";
  const RunCost own = measure_run(shell(loop));
  const RunCost cost = measure_run(shell("sh -c '" + loop + "'; true"));
  EXPECT_GT(cost.cpu_seconds(), own.cpu_seconds() / 4);  // a shell that only waits takes a hundredth of it
  EXPECT_GT(cost.usage.peak_resident_bytes, 0u);
}

TEST(MeasureRun, PassesAStopOnToTheWholeGroup) {
  std::stop_source source;
  source.request_stop();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  // A pipeline, since dash forgets a signal that comes while it starts a single command.
  const RunCost cost = measure_run(shell("sleep 1000 | sleep 1000"), source.get_token());
  EXPECT_EQ(cost.end.signal, SIGINT);
  ::close(ends[1]);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);  // nobody has the other end any more
  ::close(ends[0]);
}

TEST(MeasureCall, TellsComputingFromWaiting) {
  const RunCost computing = measure_call([] {
    for (const auto end = std::clock() + CLOCKS_PER_SEC / 10; std::clock() < end;) continue;
  });
  EXPECT_GT(computing.busy_share(), 0.5);
  EXPECT_GT(computing.samples, 0u);
  const RunCost waiting = measure_call([] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
  EXPECT_LT(waiting.busy_share(), 0.4);
  EXPECT_GT(waiting.usage.voluntary_switches, 0u);
}

TEST(MeasureRun, SaysWhatCannotBeStarted) {
  Command command = shell("");
  command.program = "/no/such/program";
  EXPECT_EQ(test::refusal([&] { measure_run(command); }, ErrorCode::io),
            "[process] cannot start /no/such/program: No such file or directory");
}

}  // namespace
}  // namespace thrum
