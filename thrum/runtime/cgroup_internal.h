#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "thrum/runtime/machine.h"

namespace thrum {

/// What control groups leave to this process.
struct CgroupLimits {
  std::optional<double> cpus;                 ///< quota / period, such as 1.5; none: no limit
  std::optional<std::uint64_t> memory_bytes;  ///< none: no limit
};

/// The tightest limits over the process's own groups and all their visible ancestors, in version 1, version 2 and mixed
/// hierarchies (cgroups(7), man7.org; Documentation/admin-guide/cgroup-v{1,v2} of the kernel). What cannot be read or
/// understood is no limit. `root` stands for "/", so that recorded file trees can be read.
CgroupLimits read_cgroup_limits(const std::filesystem::path& root = "/");

/// How often the quota stopped the group that it stopped for longest; none where no group has one.
std::optional<Throttling> read_cgroup_throttling(const std::filesystem::path& root = "/");

/// How many processes of our own control group the kernel has killed for lack of memory; 0 where it does not say.
std::uint64_t count_oom_kills(const std::filesystem::path& root = "/");

}  // namespace thrum
