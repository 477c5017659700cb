#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "thrum/runtime/cgroup_internal.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

constexpr const char* v2_mount = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* v1_mounts =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory\n";

/// A machine as recorded: the files that count, and what must be found in them.
struct Recording {
  std::string name;
  std::map<std::string, std::string> files;
  std::optional<double> cpus;
  std::optional<std::uint64_t> memory_bytes;
};

std::ostream& operator<<(std::ostream& out, const Recording& recording) {
  return out << recording.name;
}

std::vector<Recording> recordings() {
  return {
      {"v2_leaf_quota_of_one_and_a_half",
       {{"proc/self/cgroup", "0::/user.slice/job.scope\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/user.slice/cpu.max", "max 100000\n"},
        {"sys/fs/cgroup/user.slice/job.scope/cpu.max", "150000 100000\n"},
        {"sys/fs/cgroup/user.slice/job.scope/memory.max", "1073741824\n"}},
       1.5,
       1073741824},
      {"v2_ancestor_tighter_than_leaf",
       {{"proc/self/cgroup", "0::/a/b/c\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/a/cpu.max", "50000 100000\n"},
        {"sys/fs/cgroup/a/memory.max", "500\n"},
        {"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"},
        {"sys/fs/cgroup/a/b/memory.max", "max\n"},
        {"sys/fs/cgroup/a/b/c/cpu.max", "300000 100000\n"},
        {"sys/fs/cgroup/a/b/c/memory.max", "700\n"}},
       0.5,
       500},
      {"v2_namespace_root",  // the container sees its own group as "/"
       {{"proc/self/cgroup", "0::/\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/cpu.max", "300000 100000\n"},
        {"sys/fs/cgroup/memory.max", "2000\n"}},
       3.0,
       2000},
      {"v2_group_outside_of_the_namespace",
       {{"proc/self/cgroup", "0::/../../system.slice\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/cpu.max", "200000 100000\n"}},
       2.0,
       {}},
      {"v2_group_that_is_not_there_falls_back_to_the_mount",
       {{"proc/self/cgroup", "0::/kubepods/pod1\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/cpu.max", "100000 50000\n"}},
       2.0,
       {}},
      {"v2_no_limits",
       {{"proc/self/cgroup", "0::/a\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/a/cpu.max", "max 100000\n"},
        {"sys/fs/cgroup/a/memory.max", "max\n"}},
       {},
       {}},
      {"v1_quota_and_memory",
       {{"proc/self/cgroup", "12:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n"},
        {"proc/self/mountinfo", v1_mounts},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "50000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
        {"sys/fs/cgroup/memory/job/memory.limit_in_bytes", "4096000\n"}},
       0.5,
       4096000},
      {"v1_minus_one_is_no_limit",
       {{"proc/self/cgroup", "12:memory:/\n4:cpu,cpuacct:/\n"},
        {"proc/self/mountinfo", v1_mounts},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}},
       {},
       {}},
      {"v1_ancestor_tighter_than_leaf",
       {{"proc/self/cgroup", "4:cpu,cpuacct:/a/b\n"},
        {"proc/self/mountinfo", v1_mounts},
        {"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "150000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"},
        {"sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"}},
       1.5,
       {}},
      {"v1_docker_bind_mount",  // the host's path in /proc, of which only the container's own part is mounted
       {{"proc/self/cgroup", "4:cpu,cpuacct:/docker/1f3\n12:memory:/docker/1f3\n"},
        {"proc/self/mountinfo",
         "33 31 0:30 /docker/1f3 /sys/fs/cgroup/cpu,cpuacct ro master:9 - cgroup cgroup rw,cpu,cpuacct\n"
         "34 31 0:31 /docker/1f3 /sys/fs/cgroup/memory ro master:10 - cgroup cgroup rw,memory\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/memory/memory.limit_in_bytes", "8192\n"}},
       3.0,
       8192},
      {"v1_group_below_a_bind_mount",
       {{"proc/self/cgroup", "4:cpu,cpuacct:/docker/1f3/inner\n"},
        {"proc/self/mountinfo",
         "33 31 0:30 /docker/1f3 /sys/fs/cgroup/cpu,cpuacct ro master:9 - cgroup cgroup rw,cpu,cpuacct\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "100000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "100000\n"}},
       1.0,
       {}},
      {"hybrid_quota_in_v1_memory_nowhere",
       {{"proc/self/cgroup", "4:memory:/job\n1:cpu:/job\n0::/job\n"},
        {"proc/self/mountinfo",
         "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
         "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"},
        {"sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000\n"},
        {"sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/unified/job/cgroup.procs", "1\n"}},
       1.5,
       {}},
      {"hybrid_limits_in_both_the_tighter_counts",
       {{"proc/self/cgroup", "1:cpu:/\n0::/\n"},
        {"proc/self/mountinfo",
         "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
         "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"},
        {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n"},
        {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
        {"sys/fs/cgroup/unified/cpu.max", "250000 100000\n"}},
       2.5,
       {}},
      {"cpuset_alone_is_no_quota",
       {{"proc/self/cgroup", "3:cpuset:/job\n"},
        {"proc/self/mountinfo", "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"},
        {"sys/fs/cgroup/cpuset/job/cpuset.cpus", "0-1\n"},
        {"sys/fs/cgroup/cpuset/job/cpu.cfs_quota_us", "100000\n"},
        {"sys/fs/cgroup/cpuset/job/cpu.cfs_period_us", "100000\n"}},
       {},
       {}},
      {"empty_files_are_no_limit",
       {{"proc/self/cgroup", "0::/\n"},
        {"proc/self/mountinfo", v2_mount},
        {"sys/fs/cgroup/cpu.max", ""},
        {"sys/fs/cgroup/memory.max", ""}},
       {},
       {}},
      {"nonsense_is_no_limit",
       {{"proc/self/cgroup", "no colons\n0::/\n::\n"},
        {"proc/self/mountinfo", std::string("short line\n1 2 - cgroup2\n") + v2_mount},
        {"sys/fs/cgroup/cpu.max", "many few\n"},
        {"sys/fs/cgroup/memory.max", "12 monkeys\n"}},
       {},
       {}},
      {"no_files_at_all", {}, {}, {}},
      {"mount_point_with_a_blank",
       {{"proc/self/cgroup", "0::/a\n"},
        {"proc/self/mountinfo", "29 23 0:26 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw\n"},
        {"mnt/my groups/a/cpu.max", "200000 100000\n"}},
       2.0,
       {}},
  };
}

/// A machine's files in a folder.
class Recorded {
 public:
  explicit Recorded(const std::map<std::string, std::string>& files) {
    for (const auto& [path, content] : files) {
      fs::create_directories((root() / path).parent_path());
      std::ofstream(root() / path) << content;
    }
  }
  const fs::path& root() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

class CgroupRecordings : public testing::TestWithParam<Recording> {};

TEST_P(CgroupRecordings, GiveTheTightestLimits) {
  const CgroupLimits limits = read_cgroup_limits(Recorded(GetParam().files).root());
  EXPECT_EQ(limits.cpus, GetParam().cpus);
  EXPECT_EQ(limits.memory_bytes, GetParam().memory_bytes);
}

INSTANTIATE_TEST_SUITE_P(Machines, CgroupRecordings, testing::ValuesIn(recordings()),
                         [](const auto& test) { return test.param.name; });

std::optional<Throttling> throttling_in(const std::map<std::string, std::string>& files) {
  return read_cgroup_throttling(Recorded(files).root());
}

TEST(CgroupThrottling, IsThatOfTheGroupThatStoodStillLongest) {
  const auto found = throttling_in(
      {{"proc/self/cgroup", "0::/a/b\n"},
       {"proc/self/mountinfo", v2_mount},
       {"sys/fs/cgroup/a/b/cpu.stat", "usage_usec 9\nnr_periods 10\nnr_throttled 1\nthrottled_usec 500000\n"},
       {"sys/fs/cgroup/a/cpu.stat", "usage_usec 9\nnr_periods 40\nnr_throttled 30\nthrottled_usec 2500000\n"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->periods, 40u);
  EXPECT_EQ(found->throttled_periods, 30u);
  EXPECT_DOUBLE_EQ(found->throttled_seconds, 2.5);
}

TEST(CgroupThrottling, IsReadInVersion1) {
  const auto found = throttling_in(
      {{"proc/self/cgroup", "4:cpu,cpuacct:/job\n"},
       {"proc/self/mountinfo", v1_mounts},
       {"sys/fs/cgroup/cpu,cpuacct/job/cpu.stat", "nr_periods 8\nnr_throttled 2\nthrottled_time 1500000000\n"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->throttled_periods, 2u);
  EXPECT_DOUBLE_EQ(found->throttled_seconds, 1.5);
}

TEST(CgroupThrottling, IsNoneWhereNoQuotaIsEnforced) {
  EXPECT_FALSE(throttling_in({{"proc/self/cgroup", "0::/\n"},
                              {"proc/self/mountinfo", v2_mount},
                              {"sys/fs/cgroup/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"}}));
  EXPECT_FALSE(throttling_in({}));
}

std::uint64_t oom_kills_in(const std::map<std::string, std::string>& files) {
  return count_oom_kills(Recorded(files).root());
}

TEST(OomKills, AreThoseOfTheOwnGroup) {
  EXPECT_EQ(oom_kills_in({{"proc/self/cgroup", "0::/a/b\n"},
                          {"proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"},
                          {"sys/fs/cgroup/a/b/memory.events", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\n"},
                          {"sys/fs/cgroup/a/memory.events", "oom 5\noom_kill 50\n"}}),
            3U);
  EXPECT_EQ(oom_kills_in({{"proc/self/cgroup", "5:memory:/job\n"},
                          {"proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"},
                          {"sys/fs/cgroup/memory/job/memory.oom_control", "oom_kill_disable 0\noom_kill 2\n"}}),
            2U);
  EXPECT_EQ(oom_kills_in({{"proc/self/cgroup", "0::/a\n"}}), 0U);
}

}  // namespace
}  // namespace thrum
