#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string_view>

#include "thrum/cache/shard_internal.h"

namespace thrum {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * second_ns + time.tv_nsec;
}

void remove_left_over(int folder, const char* name) {
  struct stat status;
  if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (coarse_now_ns() - nanoseconds(status.st_mtim) > 3600 * second_ns) ::unlinkat(folder, name, 0);
}

std::optional<ShardEntry> look_at(int folder, unsigned shard, const char* name) {
  const auto key = Digest::from_hex(fmt::format("{:02x}{}", shard, name));
  struct stat status;
  if (!key || ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  return ShardEntry{*key, disk_bytes(static_cast<std::uint64_t>(status.st_size)), nanoseconds(status.st_mtim)};
}

}  // namespace

std::filesystem::path shard_path(const std::filesystem::path& root, unsigned shard) {
  return root / fmt::format("{:02x}", shard);
}

std::filesystem::path entry_path(const std::filesystem::path& root, const Digest& key) {
  const std::string hex = key.hex();
  return fmt::format("{}/{}/{}", root.native(), std::string_view(hex).substr(0, 2), std::string_view(hex).substr(2));
}

std::vector<ShardEntry> list_shard(const std::filesystem::path& root, unsigned shard) {
  std::vector<ShardEntry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(shard_path(root, shard).c_str()), ::closedir);
  if (folder == nullptr) return entries;
  const int fd = ::dirfd(folder.get());
  while (const dirent* found = ::readdir(folder.get())) {
    if (std::string_view(found->d_name).starts_with(temporary_prefix)) remove_left_over(fd, found->d_name);
    if (const auto entry = look_at(fd, shard, found->d_name)) entries.push_back(*entry);
  }
  return entries;
}

std::int64_t coarse_now_ns() noexcept {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

}  // namespace thrum
