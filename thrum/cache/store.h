#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "thrum/cache/digest.h"
#include "thrum/cache/entry.h"
#include "thrum/cache/stored_bytes.h"
#include "thrum/core/function_ref.h"

namespace thrum {

struct StoreOptions {
  /// What the entries may take of the disk; 0: 10 GB, or a tenth of what is free where that is less.
  std::uint64_t max_bytes = 0;
  std::uint64_t max_entries = 1'000'000;
  /// How long to wait for a value that somebody else is computing, before computing it as well.
  std::chrono::milliseconds longest_wait = std::chrono::hours(1);
  int compress = 0;      ///< the level of zstd for values that ask for none of their own; 0: not
  int threads = 0;       ///< that read large values at once; 0: as many CPUs as the process may use
  bool verbose = false;  ///< log every computation, with its time
  bool create = true;    ///< the folder, where it is missing
};

/// A stored value, checked against its checksum.
struct StoredEntry {
  EntryInfo info() const;

  StoredBytes value;
  StoredBytes file;  ///< what it was read from
  std::chrono::system_clock::time_point last_used;
};

/// A value to be stored.
struct NewEntry {
  std::string_view function;
  std::string_view version;
  std::chrono::nanoseconds duration{};  ///< what computing it took
  ByteSpan value;
  int compress = 0;  ///< the level of zstd; 0: not
};

/// What a process has met since it opened a store.
struct StoreCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stored = 0;
  std::uint64_t evicted = 0;
  std::uint64_t weighed = 0;  ///< entries looked at to find which of them to evict
  std::uint64_t damaged = 0;  ///< entries that were not what they must be, and were removed
};

/// Bounds for Store::reduce.
struct Reduction {
  std::optional<std::uint64_t> max_bytes = {};
  std::optional<std::uint64_t> max_entries = {};
  std::optional<std::chrono::seconds> max_age = {};  ///< since the last use
};

/// Values by key in a folder that many threads and processes share. An entry is one file: it appears as a whole and
/// never changes. A damaged one is a miss, is logged as a warning and removed. Where a value cannot be stored (a full
/// disk) that is logged as well, once, and nothing else happens. The folder never holds more than the limits: before an
/// entry comes, the least recently used go, as judged from a sample of the folder, down to nine tenths. Reading takes
/// no lock. A folder that may not be written is read only. Whoever can write there can put false values there: share it
/// only with people you trust. Thread-safe; copies are the same store.
class Store {
 public:
  /// Throws io when `folder` does not exist and cannot be created.
  explicit Store(const std::filesystem::path& folder, const StoreOptions& options = {});

  using Accept = FunctionRef<bool(const StoredEntry&)>;

  /// The value of `key`, if there is one that `accept` takes. Counts as a use.
  std::optional<StoredEntry> find(const Digest& key, Accept accept) const;
  std::optional<StoredEntry> find(const Digest& key) const {
    return find(key, [](const StoredEntry&) { return true; });
  }
  /// As find, without reading the value, and without a use.
  std::optional<EntryInfo> look_at(const Digest& key) const;

  /// False: not stored. What was there under this key is replaced.
  bool put(const Digest& key, const NewEntry& entry) const;
  bool remove(const Digest& key) const;  ///< false: there was none

  class Turn;
  /// The value of `key`, or the turn to compute it. Whoever else asks meanwhile, in this process or in another, waits
  /// until the turn ends. Rethrows what the turn of another thread failed with.
  std::variant<StoredEntry, Turn> find_or_turn(const Digest& key, Accept accept) const;
  /// The turn even where there is a value.
  Turn turn(const Digest& key) const;

  Usage usage() const;
  StoreCounts counts() const;
  const std::filesystem::path& folder() const noexcept;
  const StoreOptions& options() const noexcept;  ///< with max_bytes as it is
  bool read_only() const noexcept;
  /// For digests of large values; made when it is first asked for.
  Arena& arena() const;

  /// Visits every entry, in the order of keys. Entries that others remove meanwhile may be missing.
  void for_each(FunctionRef<void(const EntryInfo&)> visit) const;

  /// Removes the least recently used entries until what is left is within the bounds, and says what it removed. Throws
  /// io where the folder may not be written.
  Usage reduce(const Reduction& reduction) const;
  /// Removes every entry for which `condition` holds.
  Usage remove_if(FunctionRef<bool(const EntryInfo&)> condition) const;

  struct Verification {
    Usage good;
    std::vector<std::string> damaged;  ///< what is wrong, with the path
  };
  /// Reads every entry as a whole; `fix` removes the damaged ones. Counts anew what the entries take.
  Verification verify(bool fix) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The right to compute a value while others wait. It ends with the object. Movable.
class Store::Turn {
 public:
  ~Turn();
  Turn(Turn&&) noexcept;
  Turn& operator=(Turn&&) = delete;

  /// Stores the value; false: not stored.
  bool put(const NewEntry& entry);
  /// Threads of this process that wait get `error`.
  void fail(std::exception_ptr error) noexcept;

 private:
  friend class Store;
  struct Parts;
  explicit Turn(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace thrum
