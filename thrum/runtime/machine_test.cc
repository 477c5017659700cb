#include "thrum/runtime/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "thrum/core/log.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/cpu_budget_internal.h"

namespace thrum {
namespace {

/// A kernel built for `n_cpus` that lets the process run on the first `allowed` of them.
auto kernel(std::size_t n_cpus, std::size_t allowed) {
  return [=](std::size_t bytes, cpu_set_t* mask) {
    if (bytes * 8 < n_cpus) return EINVAL;
    CPU_ZERO_S(bytes, mask);
    for (std::size_t cpu = 0; cpu < allowed; ++cpu) CPU_SET_S(cpu, bytes, mask);
    return 0;
  };
}

TEST(CountAffinity, CountsAMaskOfAnyLength) {
  EXPECT_EQ(count_affinity(kernel(4, 2)), 2);
  EXPECT_EQ(count_affinity(kernel(1024, 1024)), 1024);
  EXPECT_EQ(count_affinity(kernel(1025, 1025)), 1025);
  EXPECT_EQ(count_affinity(kernel(8192, 5000)), 5000);
}

TEST(CountAffinity, IsUnknownWhereTheKernelRefuses) {
  EXPECT_EQ(count_affinity([](std::size_t, cpu_set_t*) { return EPERM; }), std::nullopt);
  EXPECT_EQ(count_affinity([](std::size_t, cpu_set_t*) { return EINVAL; }), std::nullopt);
}

TEST(CpuBudget, IsTheAffinityBoundedByTheQuotaRoundedUp) {
  struct Row {
    int affinity;
    std::optional<double> quota;
    int expected;
  };
  const std::vector<Row> rows = {{8, {}, 8},  {8, 0.5, 1},  {8, 1.0, 1}, {8, 1.5, 2},      {8, 3.0, 3}, {8, 100, 8},
                                 {2, 3.5, 2}, {1, 0.01, 1}, {0, {}, 1},  {2000, {}, 2000}, {4, 3.99, 4}};
  for (const Row& row : rows) EXPECT_EQ(cpu_budget(row.affinity, row.quota, nullptr), row.expected);
}

TEST(CpuBudget, TheWishWins) {
  EXPECT_EQ(cpu_budget(8, 2.0, "1"), 1);
  EXPECT_EQ(cpu_budget(8, 2.0, "2"), 2);
  EXPECT_EQ(cpu_budget(8, {}, "1024"), 1024);
  EXPECT_EQ(cpu_budget(8, 2.0, "0"), 2);
  EXPECT_EQ(cpu_budget(8, 2.0, ""), 2);
}

TEST(CpuBudget, WarnsOfAWishAboveTheMachine) {
  std::vector<std::string> warnings;
  set_log_sink([&](LogLevel level, std::string_view message) {
    if (level == LogLevel::warning) warnings.emplace_back(message);
  });
  EXPECT_EQ(cpu_budget(8, 2.0, "2"), 2);
  EXPECT_EQ(cpu_budget(8, 2.0, "5"), 5);
  set_log_sink({});
  EXPECT_THAT(warnings, testing::ElementsAre("THRUM_THREADS asks for 5 threads, the machine leaves 2"));
}

TEST(CpuBudget, RefusesAWishThatIsNoNumberOfThreads) {
  for (const std::string wish : {"-1", "1025", "two", "2 ", "2.5", "99999999999999999999"}) {
    EXPECT_EQ(test::refusal([&] { cpu_budget(8, {}, wish.c_str()); }),
              "[THRUM_THREADS] expected a whole number from 0 to 1024, got \"" + wish + "\"");
  }
}

TEST(Machine, FactsOfThisOneFitTogether) {
  const Machine machine = inspect_machine();
  EXPECT_GE(machine.packages, 1);
  EXPECT_GE(machine.numa_nodes, 1);
  EXPECT_GE(machine.cores, machine.packages);
  EXPECT_GE(machine.cpus, machine.cores);
  EXPECT_GE(machine.cpus, machine.affinity_cpus);
  EXPECT_GE(machine.affinity_cpus, 1);
  EXPECT_GE(machine.affinity_cores, 1);
  EXPECT_LE(machine.affinity_cores, std::min(machine.cores, machine.affinity_cpus));
  EXPECT_EQ(machine.available_cpus, available_cpus());
  EXPECT_EQ(available_memory(),
            std::min(machine.memory_bytes, machine.memory_limit_bytes.value_or(machine.memory_bytes)));
  EXPECT_GT(machine.memory_bytes, 0u);
}

TEST(Machine, FollowsTheAffinityOfTheProcess) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const Machine machine = inspect_machine();
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(machine.affinity_cpus, 1);
  EXPECT_EQ(machine.affinity_cores, 1);
}

TEST(MachineState, ReadsTheLimitsOfTheProcess) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit lower{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  const MachineState state = inspect_machine_state();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(state.open_files, testing::Optional(100));
  EXPECT_GE(state.load_average.value_or(-1), 0);
}

}  // namespace
}  // namespace thrum
