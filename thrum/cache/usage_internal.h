#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "thrum/cache/byte_lock_internal.h"
#include "thrum/cache/digest.h"
#include "thrum/cache/entry.h"
#include "thrum/cache/shard_internal.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// How much lies in each shard, in a small file that all processes map; its bytes are also what they lock. A process
/// that is killed in the midst of a change leaves the shard marked, and the next one counts that shard anew. So the
/// numbers are right whenever the folder is locked, except after a power failure: then until the shard is next listed.
class UsageFile {
 public:
  /// Opens or creates `root`/usage. Throws io.
  explicit UsageFile(const std::filesystem::path& root);
  ~UsageFile();
  UsageFile(const UsageFile&) = delete;
  UsageFile& operator=(const UsageFile&) = delete;

  /// False once somebody has removed the file, so that other processes do not see it any more, and in a forked child,
  /// which shares the locks of its parent.
  bool usable() const noexcept;

  /// The right to change what the folder holds. None when another process keeps it for seconds. Counts anew what is
  /// not known. Threads of one process must exclude each other themselves.
  std::optional<ByteLock> lock_folder();
  /// The right to compute the value of `key`.
  std::optional<ByteLock> lock_key(const Digest& key, ByteLock::Clock::time_point deadline) const;

  Usage total() const noexcept;
  Usage of(unsigned shard) const noexcept;

  // REQUIRES for what follows: the folder is locked.

  /// Runs `change`, which adds, or removes where `sign` is -1, an entry of `bytes` and says whether it succeeded.
  template <class Change>
  bool account(unsigned shard, std::uint64_t bytes, int sign, Change&& change) {
    mark(shard);
    const bool changed = change();
    if (changed) add(shard, sign * static_cast<std::int64_t>(bytes), sign);
    unmark();
    return changed;
  }
  /// The entries of the shard; its numbers are right afterwards.
  std::vector<ShardEntry> list(unsigned shard);
  void count_all_anew();

 private:
  struct Page;

  void mark(unsigned shard) noexcept;
  void unmark() noexcept;
  void add(unsigned shard, std::int64_t bytes, std::int64_t entries) noexcept;
  void set(unsigned shard, const Usage& usage) noexcept;
  bool plausible() const noexcept;

  std::filesystem::path root_;
  pid_t opened_by_;
  UniqueFd fd_;
  Page* page_ = nullptr;
};

}  // namespace thrum
