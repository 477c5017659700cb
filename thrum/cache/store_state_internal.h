#pragma once

#include <atomic>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "thrum/cache/flights_internal.h"
#include "thrum/cache/shard_internal.h"
#include "thrum/cache/store.h"
#include "thrum/cache/usage_internal.h"
#include "thrum/core/error.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/parallel.h"

namespace thrum {

/// What all copies of a store share.
struct Store::State {
  State(const std::filesystem::path& place, const StoreOptions& chosen);

  // The file of one entry.
  std::optional<StoredEntry> look_up(const Digest& key, Accept accept);
  std::optional<StoredEntry> read(const Digest& key, bool as_use);  ///< throws corrupt_data, io
  bool put(const Digest& key, const NewEntry& entry);
  bool publish(const Digest& key, const NewEntry& entry);             ///< throws io
  void check_size(const NewEntry& entry, std::uint64_t bytes) const;  ///< throws invalid_argument, io
  /// Logs, once, why results are not stored.
  void report_not_stored(const std::exception& why);
  Usage remove(std::span<const Digest> keys);
  void remove_damaged(const Digest& key, const Error& error);

  /// Runs `change` alone of all threads and processes. False, and logged, where that is not possible.
  bool with_folder(FunctionRef<bool(UsageFile&)> change);
  /// Null where it cannot be opened.
  std::shared_ptr<UsageFile> usage_file() THRUM_EXCLUDES(usage_mutex);
  void require_writable() const;  ///< throws io
  Arena& hashing_arena();

  // REQUIRES: the folder is locked.
  Usage remove(UsageFile& usage, const Digest& key);
  bool make_room(UsageFile& usage, std::uint64_t bytes);

  std::filesystem::path folder;
  std::filesystem::path root;  ///< of this version of the format
  StoreOptions options;
  bool limited_by_disk = false;  ///< options.max_bytes follows from what is free
  bool read_only = false;
  std::atomic<bool> reported_not_stored = false;

  Mutex folder_mutex;  ///< before the lock of the folder, which excludes other processes only
  Mutex usage_mutex;
  std::shared_ptr<UsageFile> opened_usage THRUM_GUARDED_BY(usage_mutex);
  Flights flights;

  std::once_flag arena_made;
  std::optional<Arena> arena;

  struct alignas(64) Counter {
    std::atomic<std::uint64_t> value = 0;
    void operator++(int) { *this += 1; }
    void operator+=(std::uint64_t n) { value.fetch_add(n, std::memory_order_relaxed); }
  };
  Counter hits, misses, stored, evicted, weighed, damaged;
};

}  // namespace thrum
