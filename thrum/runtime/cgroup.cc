#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/cgroup_internal.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return split(text.str(), '\n');
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

/// A line of /proc/self/cgroup: "4:cpu,cpuacct:/docker/1f3", or "0::/user.slice" for version 2.
struct Membership {
  std::vector<std::string> controllers;
  std::string path;
  bool version_2 = false;
};

std::vector<Membership> read_memberships(const fs::path& root) {
  std::vector<Membership> memberships;
  for (const std::string& line : read_lines(root / "proc/self/cgroup")) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    memberships.push_back({split(controllers, ','), line.substr(second + 1), controllers.empty()});
  }
  return memberships;
}

/// A control group file system of /proc/self/mountinfo.
struct Mount {
  std::string root;  ///< the group that is visible at `point`
  fs::path point;    ///< relative to "/"
  std::vector<std::string> controllers;
  bool version_2 = false;
};

/// mountinfo writes blanks and backslashes as "\040".
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    const bool escape = text[i] == '\\' && i + 3 < text.size() &&
                        std::from_chars(&text[i + 1], &text[i + 4], code, 8).ptr == &text[i + 4];
    plain += escape ? static_cast<char>(code) : text[i];
    if (escape) i += 3;
  }
  return plain;
}

std::vector<Mount> read_mounts(const fs::path& root) {
  std::vector<Mount> mounts;
  for (const std::string& line : read_lines(root / "proc/self/mountinfo")) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");  // optional fields stand before it
    if (fields.size() < 5 || fields.end() - dash < 4) continue;
    const std::string& type = *(dash + 1);
    if (type != "cgroup" && type != "cgroup2") continue;
    const fs::path point = unescaped(fields[4]);
    mounts.push_back({unescaped(fields[3]), point.relative_path(), split(*(dash + 3), ','), type == "cgroup2"});
  }
  return mounts;
}

/// The directories of the group and of its ancestors up to the mount.
std::vector<fs::path> group_and_ancestors(const fs::path& root, const Mount& mount, const std::string& group) {
  const fs::path top = root / mount.point;
  const std::string prefix = mount.root == "/" ? "" : mount.root;
  fs::path below;  // of `top`; empty where the group lies outside of what is mounted, as in containers
  if (group.starts_with(prefix + "/")) below = fs::path(group.substr(prefix.size() + 1)).lexically_normal();
  std::error_code ignored;
  if (below == "." || *below.begin() == ".." || !fs::is_directory(top / below, ignored)) below.clear();
  std::vector<fs::path> directories;
  for (; !below.empty(); below = below.parent_path()) directories.push_back(top / below);
  directories.push_back(top);
  return directories;
}

std::string first_line(const fs::path& path) {
  const auto lines = read_lines(path);
  return lines.empty() ? "" : lines.front();
}

/// None for "max", "-1", nothing, or anything else that is not a whole number.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ratio(std::string_view quota, std::string_view period) {
  const auto a = whole_number(quota), b = whole_number(period);
  if (!a || !b || *a == 0 || *b == 0) return std::nullopt;
  return static_cast<double>(*a) / static_cast<double>(*b);
}

std::optional<double> cpus_of(const fs::path& group, bool version_2) {
  if (!version_2) return ratio(first_line(group / "cpu.cfs_quota_us"), first_line(group / "cpu.cfs_period_us"));
  const auto fields = split(first_line(group / "cpu.max"), ' ');
  return fields.size() == 2 ? ratio(fields[0], fields[1]) : std::nullopt;
}

std::optional<std::uint64_t> memory_of(const fs::path& group, bool version_2) {
  const auto bytes = whole_number(first_line(group / (version_2 ? "memory.max" : "memory.limit_in_bytes")));
  // Version 1 writes "no limit" as the largest multiple of the page size.
  if (bytes && *bytes >= std::uint64_t{1} << 60) return std::nullopt;
  return bytes;
}

template <class T>
void tighten(std::optional<T>& limit, std::optional<T> other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

/// The process's groups that have `controller`, and all their visible ancestors.
void for_each_group(const fs::path& root, std::string_view controller,
                    FunctionRef<void(const fs::path& group, bool version_2)> visit) {
  const auto mounts = read_mounts(root);
  for (const Membership& membership : read_memberships(root)) {
    const bool v2 = membership.version_2;
    for (const Mount& mount : mounts) {
      const bool applies =
          v2 || (contains(membership.controllers, controller) && contains(mount.controllers, controller));
      if (mount.version_2 != v2 || !applies) continue;
      for (const fs::path& group : group_and_ancestors(root, mount, membership.path)) visit(group, v2);
    }
  }
}

std::uint64_t number_called(const std::vector<std::string>& lines, const std::string& name) {
  for (const std::string& line : lines) {
    if (line.starts_with(name + " ")) return whole_number(line.substr(name.size() + 1)).value_or(0);
  }
  return 0;
}

std::optional<Throttling> throttling_of(const fs::path& group, bool version_2) {
  const auto lines = read_lines(group / "cpu.stat");
  Throttling throttling;
  throttling.periods = number_called(lines, "nr_periods");
  throttling.throttled_periods = number_called(lines, "nr_throttled");
  throttling.throttled_seconds = version_2 ? 1e-6 * static_cast<double>(number_called(lines, "throttled_usec"))
                                           : 1e-9 * static_cast<double>(number_called(lines, "throttled_time"));
  if (throttling.periods == 0) return std::nullopt;  // no quota is enforced
  return throttling;
}

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  for_each_group(root, "cpu", [&](const fs::path& group, bool v2) { tighten(limits.cpus, cpus_of(group, v2)); });
  for_each_group(root, "memory",
                 [&](const fs::path& group, bool v2) { tighten(limits.memory_bytes, memory_of(group, v2)); });
  return limits;
}

std::optional<Throttling> read_cgroup_throttling(const fs::path& root) {
  std::optional<Throttling> worst;
  for_each_group(root, "cpu", [&](const fs::path& group, bool v2) {
    const auto found = throttling_of(group, v2);
    if (found && (!worst || found->throttled_seconds > worst->throttled_seconds)) worst = found;
  });
  return worst;
}

std::uint64_t count_oom_kills(const fs::path& root) {
  std::optional<std::uint64_t> own;  // the group comes before its ancestors, whose counts include others
  for_each_group(root, "memory", [&](const fs::path& group, bool v2) {
    const auto lines = read_lines(group / (v2 ? "memory.events" : "memory.oom_control"));
    if (!own && !lines.empty()) own = number_called(lines, "oom_kill");
  });
  return own.value_or(0);
}

}  // namespace thrum
