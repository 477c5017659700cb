#include "thrum/runtime/advice/memory_probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/advice/cpu_set_internal.h"

namespace thrum {
namespace {

TEST(MemoryPressure, AsksForAQuarterOrHalfOfWhatAStreamLoses) {
  EXPECT_DOUBLE_EQ((MemoryPressure{1, 3}).threshold(), 1.25);
  EXPECT_DOUBLE_EQ((MemoryPressure{1, 1.5}).threshold(), 1.25);
  EXPECT_DOUBLE_EQ((MemoryPressure{1, 1.2}).threshold(), 1.1);
}

TEST(MemoryPressure, IsNotToldWhereNothingDisturbsOrOthersDo) {
  EXPECT_DOUBLE_EQ((MemoryPressure{1, 1.05}).threshold(), 0);
  EXPECT_DOUBLE_EQ((MemoryPressure{1, 3, 0.5}).threshold(), 0);
}

TEST(StreamTouchedBytes, AreManyWhereTheKernelTells) {
  if (::access("/proc/self/clear_refs", W_OK) != 0) GTEST_SKIP() << "the kernel does not tell";
  EXPECT_GT(stream_touched_bytes_per_second().value_or(0), 1e8);
}

TEST(MemoryProbe, RunsTheWorkInTurnOnCpusOfItsOwn) {
  const std::vector<int> before = own_cpus();
  if (before.size() < 2) GTEST_SKIP() << "needs two CPUs";
  int runs = 0;
  const auto pressure = probe_memory(
      [&]() -> std::optional<double> {
        EXPECT_EQ(own_cpus(), std::vector{before.front()});
        return ++runs % 2 == 1 ? 2 : 3;
      },
      {.rounds = 2});
  ASSERT_TRUE(pressure);
  EXPECT_EQ(runs, 4);
  EXPECT_DOUBLE_EQ(pressure->slowdown, 1.5);
  EXPECT_GT(pressure->stream_slowdown, 0);
  EXPECT_EQ(own_cpus(), before);
}

TEST(MemoryProbe, EndsWhereTheWorkFails) {
  if (own_cpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  int runs = 0;
  EXPECT_FALSE(probe_memory([&]() -> std::optional<double> {
    ++runs;
    return std::nullopt;
  }));
  EXPECT_EQ(runs, 1);
}

TEST(MemoryProbe, NeedsCpusForTheTraffic) {
  const auto fails_if_run = []() -> std::optional<double> {
    ADD_FAILURE();
    return 1;
  };
  EXPECT_FALSE(probe_memory(fails_if_run, {.work_cpus = static_cast<int>(own_cpus().size())}));
}

TEST(MemoryProbe, IsStopped) {
  const std::vector<int> before = own_cpus();
  if (before.size() < 2) GTEST_SKIP() << "needs two CPUs";
  std::stop_source source;
  source.request_stop();
  const auto idle = []() -> std::optional<double> { return 1; };
  EXPECT_EQ(test::refusal([&] { probe_memory(idle, {.stop = source.get_token()}); }, ErrorCode::cancelled),
            "[probe_memory] stopped");
  EXPECT_EQ(own_cpus(), before);
}

}  // namespace
}  // namespace thrum
