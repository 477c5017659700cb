#include "thrum/runtime/advice/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace thrum {
namespace {

using testing::HasSubstr;

/// A run of one thread without company.
RunCost run(double wall_seconds, double cpu_seconds) {
  RunCost cost;
  cost.wall_seconds = wall_seconds;
  cost.usage.user_seconds = cpu_seconds;
  cost.usage.peak_resident_bytes = std::uint64_t{4} << 20;
  cost.samples = 100;
  cost.running_share = cpu_seconds / wall_seconds;
  return cost;
}

/// What a stream through memory touches on the machine where the figures below were recorded.
constexpr double stream_rate = 9.3e9;

RunCost large_run(double wall_seconds, double cpu_seconds, std::optional<double> touched_bytes_per_second) {
  RunCost cost = run(wall_seconds, cpu_seconds);
  cost.touched_bytes_per_second = touched_bytes_per_second;
  cost.usage.peak_resident_bytes = std::uint64_t{512} << 20;
  return cost;
}

TEST(BusyShare, IsCpuTimePerTimeForOneThread) {
  EXPECT_DOUBLE_EQ(run(2, 1).busy_share(), 0.5);
  EXPECT_DOUBLE_EQ(run(2, 2.001).busy_share(), 1);
  EXPECT_DOUBLE_EQ(run(2, 0).busy_share(), 0);
  EXPECT_DOUBLE_EQ(RunCost().busy_share(), 0);
}

TEST(BusyShare, LeavesOutTheTimeInWhichOthersHadTheCpu) {
  // Half a second of computing took twice as long, besides half a second of waiting.
  RunCost cost = run(1.5, 0.5);
  cost.queued_seconds = 0.5;
  EXPECT_DOUBLE_EQ(cost.busy_share(), 0.5);
  RunCost computing = run(2, 1);
  computing.queued_seconds = 1;
  EXPECT_DOUBLE_EQ(computing.busy_share(), 1);
}

TEST(BusyShare, TakesAQueueAfterWaitingForNoComputing) {
  // Recorded: many small writes that wait for the disk, on a machine with three times as many busy threads as CPUs.
  RunCost cost = run(1.4, 0.02);
  cost.queued_seconds = 1.31;
  cost.usage.voluntary_switches = 600;
  cost.usage.forced_switches = 4;
  EXPECT_LT(cost.busy_share(), 0.1);
  cost.usage.forced_switches = 60'000;
  EXPECT_NEAR(cost.busy_share(), 0.2, 0.1);
}

TEST(BusyShare, CountsMomentsWhereThreadsRunAtOnce) {
  // Four threads compute together for a fifth of the time: 0.8 CPUs on average, yet it waits for most of it.
  RunCost cost = run(1, 0.8);
  cost.most_threads = 4;
  cost.running_share = 0.2;
  EXPECT_DOUBLE_EQ(cost.busy_share(), 0.2);
  cost.samples = 3;  // too few to tell
  EXPECT_DOUBLE_EQ(cost.busy_share(), 0.8);
}

TEST(Advise, KnowsWorkThatComputesInLittleMemory) {
  const RunCost cost = run(1.01, 1);
  EXPECT_FALSE(is_memory_in_doubt(cost));
  const Advice advice = advise(cost, {}, 8);
  EXPECT_EQ(advice.verdict, Bottleneck::cpu);
  EXPECT_EQ(advice.workers, 8);
  EXPECT_EQ(advice.reason, "computes 99 % of the time; in little memory");
}

TEST(Advise, GivesThreadedWorkFewerCopies) {
  RunCost cost = run(1, 3.9);
  cost.most_threads = 4;
  cost.running_share = 1;
  EXPECT_EQ(advise(cost, {}, 8).workers, 2);
  EXPECT_EQ(advise(cost, {}, 2).workers, 1);
}

TEST(Advise, KnowsWorkThatMovesMemoryByThePagesThatItTouches) {
  // Recorded: a stream, dependent loads, random loads, a copy.
  for (const double rate : {9.3e9, 14.5e9, 23.9e9, 14.8e9}) {
    const RunCost cost = large_run(1, 0.99, rate);
    EXPECT_TRUE(is_memory_in_doubt(cost));
    EXPECT_FALSE(is_probe_needed(cost, stream_rate));
    const Advice advice = advise(cost, {.stream_touched_bytes_per_second = stream_rate}, 8);
    EXPECT_EQ(advice.verdict, Bottleneck::memory) << rate;
    EXPECT_EQ(advice.workers, 4);
  }
  EXPECT_EQ(advise(large_run(1, 0.99, 9.3e9), {.stream_touched_bytes_per_second = stream_rate}, 8).reason,
            "computes 99 % of the time; touches memory 1.00 times as fast as a stream through it");
}

TEST(Advise, TakesWorkThatTouchesLittleForComputing) {
  // Recorded: gzip, which holds little, and sorting in cache beside a large array that is not used.
  EXPECT_FALSE(is_memory_in_doubt(large_run(1, 0.99, 0.17e9)));
  const RunCost cost = large_run(1, 0.99, 0.8e9);
  EXPECT_FALSE(is_probe_needed(cost, stream_rate));
  EXPECT_EQ(advise(cost, {.stream_touched_bytes_per_second = stream_rate}, 4).verdict, Bottleneck::cpu);
}

TEST(Advise, LeavesWhatIsInBetweenToTheProbe) {
  // Recorded: a hash of a large array.
  const RunCost cost = large_run(1, 0.99, 4.3e9);
  EXPECT_TRUE(is_probe_needed(cost, stream_rate));
  const auto advised = [&](const MemoryPressure& pressure) {
    return advise(cost, {.stream_touched_bytes_per_second = stream_rate, .pressure = pressure}, 8);
  };
  EXPECT_EQ(advised({.slowdown = 1.02, .stream_slowdown = 2.6}).verdict, Bottleneck::cpu);
  EXPECT_EQ(advised({.slowdown = 1.12, .stream_slowdown = 2.6}).verdict, Bottleneck::cpu);
  EXPECT_EQ(advised({.slowdown = 1.12, .stream_slowdown = 1.2}).verdict, Bottleneck::memory);
  const Advice advice = advised({.slowdown = 1.7, .stream_slowdown = 2.6});
  EXPECT_EQ(advice.verdict, Bottleneck::memory);
  EXPECT_EQ(advice.workers, 5);
  EXPECT_EQ(advice.reason,
            "computes 99 % of the time; touches memory 0.46 times as fast as a stream through it; takes 1.70 times as "
            "long beside memory traffic, where a stream through memory takes 2.60");
}

TEST(Advise, TrustsTheProbeAloneWhereTheKernelDoesNotTell) {
  const RunCost cost = large_run(1, 0.99, {});
  EXPECT_TRUE(is_probe_needed(cost, {}));
  EXPECT_EQ(advise(cost, {.pressure = MemoryPressure{.slowdown = 1.7, .stream_slowdown = 2.6}}, 8).verdict,
            Bottleneck::memory);
  EXPECT_EQ(advise(cost, {.pressure = MemoryPressure{.slowdown = 1.02, .stream_slowdown = 2.6}}, 8).verdict,
            Bottleneck::cpu);
}

TEST(Advise, LeansOnTheTrafficWhereTheProbeDoesNotTell) {
  const auto advised = [](double rate, const std::optional<MemoryPressure>& pressure) {
    return advise(large_run(1, 0.99, rate), {.stream_touched_bytes_per_second = stream_rate, .pressure = pressure}, 4);
  };
  EXPECT_EQ(advised(3e9, {}).verdict, Bottleneck::memory);
  EXPECT_EQ(advised(2e9, {}).verdict, Bottleneck::cpu);
  EXPECT_THAT(advised(2e9, {}).reason, HasSubstr("0.22 times as fast as a stream through it; not probed"));
  const MemoryPressure disturbed{.slowdown = 1.06, .stream_slowdown = 1.3, .active_share = 0.4};
  EXPECT_EQ(advised(3e9, disturbed).verdict, Bottleneck::memory);
  EXPECT_THAT(advised(3e9, disturbed).reason, HasSubstr("the probe was disturbed by others on the CPUs"));
}

TEST(Advise, DoesNotJudgeWhatWasOverTooSoon) {
  const Advice advice = advise(run(0.002, 0.001), {}, 2);
  EXPECT_EQ(advice.verdict, Bottleneck::unknown);
  EXPECT_EQ(advice.reason, "was over after 2 ms, in which its threads were looked at 100 times");
  EXPECT_EQ(advice.doubt, "it was over too soon");
  RunCost unseen = large_run(1, 0.99, 4.3e9);
  unseen.samples = 2;
  EXPECT_EQ(advise(unseen, {}, 2).verdict, Bottleneck::unknown);
  EXPECT_FALSE(is_probe_needed(unseen, stream_rate));
  unseen.samples = 3;
  EXPECT_NE(advise(unseen, {}, 2).verdict, Bottleneck::unknown);
}

TEST(Advise, DoubtsWhatADisturbedProbeLeavesOpen) {
  const auto doubt = [](double rate, const std::optional<MemoryPressure>& pressure) {
    return advise(large_run(1, 0.99, rate), {.stream_touched_bytes_per_second = stream_rate, .pressure = pressure}, 4)
        .doubt;
  };
  EXPECT_EQ(doubt(3e9, MemoryPressure{.slowdown = 1.06, .stream_slowdown = 1.3, .active_share = 0.4}),
            "the memory probe was disturbed");
  EXPECT_EQ(doubt(3e9, {}), "memory is in doubt and was not probed");
  EXPECT_EQ(doubt(3e9, MemoryPressure{.slowdown = 1.7, .stream_slowdown = 2.6}), "");
  EXPECT_EQ(doubt(9.3e9, {}), "");
  EXPECT_EQ(doubt(0.8e9, {}), "");
}

TEST(Advise, DoubtsWhatOthersOnTheCpusDisturbed) {
  RunCost cost = run(1, 0.5);
  cost.queued_seconds = 0.5;
  EXPECT_EQ(advise(cost, {}, 2).doubt, "others had the CPUs for 50 % of the time in which the program could run");
  cost.queued_seconds = 0.1;
  EXPECT_EQ(advise(cost, {}, 2).doubt, "");
  cost.queued_seconds = 0.5;
  cost.most_threads = 3;  // which keep each other from the CPUs
  EXPECT_EQ(advise(cost, {}, 2).doubt, "");
}

TEST(LoadDoubt, IsWhereMoreWantToRunThanThereAreCpus) {
  EXPECT_EQ(load_doubt(5.26, 4), "the machine is loaded: 5.3 threads wanted to run in the minute before, on 4 CPUs");
  EXPECT_EQ(load_doubt(4, 4), "");
  EXPECT_EQ(load_doubt({}, 4), "");
}

TEST(Advise, FillsTheTimeThatIsWaited) {
  const Advice advice = advise(run(1, 0.1), {}, 2);
  EXPECT_EQ(advice.verdict, Bottleneck::io);
  EXPECT_EQ(advice.workers, 20);
  EXPECT_EQ(advice.reason, "waits 90 % of the time, for the network, other processes, locks or timers");
  EXPECT_EQ(advise(run(1, 0.0001), {}, 2).workers, 64);
}

TEST(Advise, OverloadsNoDisk) {
  RunCost cost = run(1, 0.01);
  cost.usage.storage_written_bytes = 1 << 20;
  cost.storage_share = 0.9;
  const Advice advice = advise(cost, {}, 2);
  EXPECT_EQ(advice.verdict, Bottleneck::io);
  EXPECT_EQ(advice.workers, 8);
  EXPECT_EQ(advice.reason, "waits 99 % of the time, for storage");
}

TEST(Advise, CallsHalfAndHalfMixed) {
  const Advice advice = advise(large_run(1, 0.5, 9.3e9), {}, 4);
  EXPECT_EQ(advice.verdict, Bottleneck::mixed);
  EXPECT_EQ(advice.workers, 8);
  EXPECT_THAT(advice.reason, HasSubstr("computes 50 % of the time; waits 50 %"));
}

TEST(Advise, CountsTheKernelsTimeForStorageAsWaiting) {
  RunCost cost = run(1, 0.4);
  std::swap(cost.usage.user_seconds, cost.usage.system_seconds);
  cost.usage.storage_written_bytes = 1 << 20;
  cost.storage_share = 0.6;
  EXPECT_EQ(advise(cost, {}, 2).verdict, Bottleneck::io);
  cost.usage.storage_written_bytes = 0;
  EXPECT_EQ(advise(cost, {}, 2).verdict, Bottleneck::mixed);
}

TEST(Advise, ShowsTimeInTheKernel) {
  RunCost cost = run(1, 0.5);
  cost.usage.system_seconds = 0.5;
  EXPECT_THAT(advise(cost, {}, 1).reason, HasSubstr("50 % of that in the kernel"));
}

TEST(Advise, NamesTheVerdicts) {
  EXPECT_EQ(bottleneck_name(Bottleneck::cpu), "cpu");
  EXPECT_EQ(bottleneck_name(Bottleneck::memory), "memory");
  EXPECT_EQ(bottleneck_name(Bottleneck::io), "io");
  EXPECT_EQ(bottleneck_name(Bottleneck::mixed), "mixed");
  EXPECT_EQ(bottleneck_name(Bottleneck::unknown), "unknown");
}

}  // namespace
}  // namespace thrum
