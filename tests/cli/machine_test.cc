#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/cli/thrum_process.h"
#include "thrum/runtime/sanitized_test.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Info, CountsTheCpusThatTheProcessMayUse) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  const json info = json::parse(run_thrum({"info", "--json"}).out);
  EXPECT_EQ(info.at("schema"), "thrum.info/1");
  EXPECT_EQ(info.at("affinity_cpus"), CPU_COUNT(&allowed));
  EXPECT_LE(info.at("available_cpus"), CPU_COUNT(&allowed));
  EXPECT_EQ(info.at("threads"), info.at("available_cpus"));
  EXPECT_GE(info.at("simd_levels").size(), 1u);
}

TEST(Info, SuggestsJobsForWorkThatComputesAndForWorkThatWaits) {
  const json info = json::parse(run_thrum({"info", "--json", "-j", "3"}).out);
  EXPECT_EQ(info.at("suggested").at("cpu_bound_jobs"), 3);
  EXPECT_EQ(info.at("suggested").at("processes_times_threads"), 3);
  EXPECT_EQ(info.at("suggested").at("blocking_jobs"), 96);
}

TEST(Info, ShowsLimitsAndLoad) {
  const json info = json::parse(run_thrum({"info", "--json"}).out);
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  EXPECT_EQ(info.at("limits").at("open_files"), files.rlim_cur);
  EXPECT_TRUE(info.at("limits").contains("user_threads"));
  EXPECT_TRUE(info.contains("throttling"));
  EXPECT_GE(info.at("load_average"), 0);
  EXPECT_LE(info.at("affinity_cores"), info.at("affinity_cpus"));
}

TEST(Info, ShowsWhatTheDefaultsAre) {
  const Outcome run = run_thrum({"info"}, {.environment = {{"THRUM_THREADS", "3"}}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("default  3 threads"));
}

TEST(Info, PinsTheInstructionSetThatTheEnvironmentNames) {
  const json levels = json::parse(run_thrum({"info", "--json"}).out).at("simd_levels");
  const std::string lowest = levels.back();
  const json pinned = json::parse(run_thrum({"info", "--json"}, {.environment = {{"THRUM_ISA", lowest}}}).out);
  EXPECT_EQ(pinned.at("simd"), lowest);
}

TEST(Doctor, PrintsProductsBesideThePeakAndWarnsBelowHalf) {
  const json checkup = json::parse(run_thrum({"doctor", "--json", "-j", "1"}).out);
  EXPECT_EQ(checkup.at("schema"), "thrum.doctor/1");
  EXPECT_NE(checkup.at("blas").at("core"), "");
  EXPECT_GT(checkup.at("read_gb_per_second"), 0);
  bool any_slow = false;
  for (const json& gemm : checkup.at("gemm")) {
    EXPECT_GT(gemm.at("gflops"), 0);
    EXPECT_GT(gemm.at("peak_gflops"), 0);
    any_slow = any_slow || gemm.at("share") < 0.5;
  }
  EXPECT_EQ(checkup.at("gemm").size(), 2u);
  EXPECT_EQ(!checkup.at("warnings").empty(), any_slow);
}

TEST(BenchMatmul, SaysThatOpenBlasFindsNoAddressSpace) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer reserves terabytes of it";
  const TemporaryFolder folder;
  const std::string limited = "ulimit -v 250000; exec timeout -s KILL 60 " THRUM_BINARY
                              " bench matmul --size 100 -j 2 2> " +
                              folder.file("err");
  EXPECT_EQ(WEXITSTATUS(std::system(limited.c_str())), 6);
  EXPECT_EQ(read_text(folder.file("err")),
            "thrum: error: [blas] no address space for the buffers of 2 threads, 128 MiB\n"
            "  use fewer threads, or raise ulimit -v\n");
}

TEST(Doctor, WarnsOfMoreThreadsThanCpus) {
  const json checkup = json::parse(run_thrum({"doctor", "--json", "-j", "64"}).out);
  EXPECT_THAT(checkup.at("warnings").dump(), HasSubstr("64 threads share"));
}

}  // namespace
}  // namespace thrum::test
