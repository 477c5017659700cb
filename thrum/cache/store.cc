#include "thrum/cache/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

#include "thrum/cache/entry_file_internal.h"
#include "thrum/cache/entry_format_internal.h"
#include "thrum/cache/store_state_internal.h"
#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using SystemTime = std::chrono::system_clock::time_point;

constexpr std::uint64_t most_bytes_by_default = 10'000'000'000;
/// The time of the last use is kept to this, so that most uses write nothing.
constexpr std::int64_t use_grain_ns = 60'000'000'000;

SystemTime system_time(std::int64_t ns) {
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(std::chrono::nanoseconds(ns)));
}

std::int64_t last_used_ns(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

/// See https://bford.info/cachedir: backups leave the folder out.
void tag_as_cache(const fs::path& folder) {
  const fs::path tag = folder / "CACHEDIR.TAG";
  if (fs::exists(tag)) return;
  write_file(tag, [](FileWriter& out) {
    out.write("Signature: 8a477f597d28d172789f06886806bc55\n# Results that Thrum can compute again.\n");
  });
}

/// Where the entries lie; throws io where there are none and none can come.
fs::path open_root(const fs::path& folder, bool create) {
  fs::path root = folder / "v1";
  std::error_code error;
  if (create) fs::create_directories(root, error);
  if (!error && create) return root;
  if (!create && !fs::is_directory(root)) {
    throw Error(ErrorCode::io, fmt::format("[cache] there is no cache in {}", folder.string()));
  }
  if (!fs::is_directory(folder)) throw_io(fmt::format("[cache] cannot create {}", folder.string()), error.value());
  return root;
}

std::uint64_t default_max_bytes(const fs::path& folder, std::uint64_t used) {
  struct statvfs disk;
  if (::statvfs(folder.c_str(), &disk) != 0) return most_bytes_by_default;
  return std::min(most_bytes_by_default, (std::uint64_t{disk.f_bavail} * disk.f_frsize + used) / 10);
}

EntryInfo info_of(const ParsedEntry& entry, std::uint64_t file_size, SystemTime last_used) {
  const EntryHeader& header = entry.header;
  return {.key = header.key,
          .function = std::string(entry.function),
          .version = std::string(entry.version),
          .created = system_time(header.created_ns),
          .last_used = last_used,
          .duration = std::chrono::nanoseconds(header.duration_ns),
          .value_bytes = header.value_size,
          .disk_bytes = disk_bytes(file_size)};
}

void require_key(const ParsedEntry& entry, const Digest& key, const std::string& path) {
  if (entry.header.key == key) return;
  throw Error(ErrorCode::corrupt_data, fmt::format("[cache] the entry {} belongs to another key", path));
}

void note_use(int fd, std::int64_t last_used) {
  if (coarse_now_ns() - last_used <= use_grain_ns) return;
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, timespec{0, UTIME_NOW}};
  ::futimens(fd, times.data());  // only its owner may; nothing depends on it
}

}  // namespace

EntryInfo StoredEntry::info() const {
  return info_of(parse_entry_front(file.bytes(), file.bytes().size(), ""), file.bytes().size(), last_used);
}

Store::State::State(const fs::path& place, const StoreOptions& chosen)
    : folder(fs::absolute(place)), root(open_root(folder, chosen.create)), options(chosen) {
  read_only = ::access(root.c_str(), W_OK | X_OK) != 0;
  Usage used;
  if (read_only) {
    log(LogLevel::warning, fmt::format("[cache] {} may not be written: it is only read", folder.string()));
  } else if (const auto file = usage_file()) {
    used = file->total();
  }
  if (options.max_bytes > 0) return;
  options.max_bytes = default_max_bytes(folder, used.bytes);
  limited_by_disk = options.max_bytes < most_bytes_by_default;
}

void Store::State::report_not_stored(const std::exception& why) {
  if (reported_not_stored.exchange(true)) return;
  log(LogLevel::warning,
      fmt::format("{}; what cannot be stored is computed each time, and not reported again", why.what()));
}

std::shared_ptr<UsageFile> Store::State::usage_file() try {
  if (read_only) return nullptr;
  MutexLock lock(usage_mutex);
  if (opened_usage == nullptr || !opened_usage->usable()) {
    fs::create_directories(root);
    tag_as_cache(folder);
    opened_usage = std::make_shared<UsageFile>(root);
  }
  return opened_usage;
} catch (const std::exception& error) {
  report_not_stored(error);
  return nullptr;
}

bool Store::State::with_folder(FunctionRef<bool(UsageFile&)> change) {
  MutexLock lock(folder_mutex);
  const std::shared_ptr<UsageFile> file = usage_file();
  if (file == nullptr) return false;
  const auto folder_lock = file->lock_folder();
  if (folder_lock) return change(*file);
  log(LogLevel::warning, fmt::format("[cache] cannot lock {}: it stays as it is", folder.string()));
  return false;
}

std::optional<StoredEntry> Store::State::read(const Digest& key, bool as_use) {
  const std::string path = entry_path(root, key).string();
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd || ::fstat(fd.get(), &status) != 0) throw_io("[cache] cannot read " + path);
  StoredEntry entry{.value = {},
                    .file = read_stored(fd.get(), static_cast<std::uint64_t>(status.st_size)),
                    .last_used = system_time(last_used_ns(status))};
  const ByteSpan file = entry.file.bytes();
  const ParsedEntry parsed = parse_entry(file, path, file.size() > digest_leaf_size ? &hashing_arena() : nullptr);
  require_key(parsed, key, path);
  entry.value = entry.file.part(parsed.payload_offset, parsed.header.payload_size);
  if ((parsed.header.flags & EntryHeader::compressed_flag) != 0) {
    entry.value = StoredBytes(decompress_payload(entry.value.bytes(), parsed.header.value_size, path));
  }
  if (as_use) note_use(fd.get(), last_used_ns(status));
  return entry;
}

std::optional<StoredEntry> Store::State::look_up(const Digest& key, Accept accept) {
  try {
    std::optional<StoredEntry> entry = read(key, true);
    if (entry && accept(*entry)) return entry;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt_data) {
      remove_damaged(key, error);
    } else {
      log(LogLevel::warning, error.what());
    }
  }
  return std::nullopt;
}

void Store::State::remove_damaged(const Digest& key, const Error& error) {
  damaged++;
  log(LogLevel::warning, fmt::format("{}; it is removed, and computed again", error.what()));
  if (!read_only) remove(std::span(&key, 1));
}

bool Store::State::put(const Digest& key, const NewEntry& entry) try {
  if (read_only || !publish(key, entry)) return false;
  stored++;
  return true;
} catch (const Error& error) {
  if (error.code() == ErrorCode::io) {
    report_not_stored(error);
  } else {
    log(LogLevel::warning, error.what());
  }
  return false;
}

void Store::State::check_size(const NewEntry& entry, std::uint64_t bytes) const {
  if (bytes <= options.max_bytes) return;
  const std::string what =
      fmt::format("[cache] a result of {} takes {} bytes, more than the whole cache may", entry.function, bytes);
  if (!limited_by_disk) throw Error(ErrorCode::invalid_argument, what + ": not stored");
  throw Error(ErrorCode::io, fmt::format("{}, {} bytes, a tenth of what is free on the disk", what, options.max_bytes));
}

bool Store::State::publish(const Digest& key, const NewEntry& entry) {
  EntryHeader header{.key = key,
                     .created_ns = coarse_now_ns(),
                     .duration_ns = entry.duration.count(),
                     .value_size = entry.value.size()};
  std::vector<std::byte> compressed;
  ByteSpan payload = entry.value;
  if (entry.compress != 0) {
    compressed = compress_payload(entry.value, entry.compress);
    payload = compressed;
    header.flags |= EntryHeader::compressed_flag;
  }
  header.payload_size = payload.size();
  header.payload_digest = digest_of(payload, payload.size() > digest_leaf_size ? &hashing_arena() : nullptr);
  const std::vector<std::byte> front = entry_front(header, entry.function, entry.version);
  const std::uint64_t bytes = disk_bytes(front.size() + payload.size());
  check_size(entry, bytes);
  NewEntryFile file(root, key);
  file.write(front, payload);
  return with_folder([&](UsageFile& usage) {
    const auto publish_file = [&] { return file.publish(); };
    if (!make_room(usage, bytes)) return false;
    if (usage.account(shard_of(key), bytes, 1, publish_file)) return true;
    remove(usage, key);
    return usage.account(shard_of(key), bytes, 1, publish_file);
  });
}

Usage Store::State::remove(UsageFile& usage, const Digest& key) {
  const fs::path path = entry_path(root, key);
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return {};
  const std::uint64_t bytes = disk_bytes(static_cast<std::uint64_t>(status.st_size));
  const bool removed = usage.account(shard_of(key), bytes, -1, [&] { return ::unlink(path.c_str()) == 0; });
  return removed ? Usage{bytes, 1} : Usage{};
}

Usage Store::State::remove(std::span<const Digest> keys) {
  constexpr std::size_t batch = 256;  // others may store in between
  Usage removed;
  while (!keys.empty()) {
    const auto some = keys.first(std::min(batch, keys.size()));
    const bool done = with_folder([&](UsageFile& usage) {
      for (const Digest& key : some) removed += remove(usage, key);
      return true;
    });
    if (!done) break;
    keys = keys.subspan(some.size());
  }
  return removed;
}

Arena& Store::State::hashing_arena() {
  std::call_once(arena_made, [this] { arena.emplace(options.threads); });
  return *arena;
}

void Store::State::require_writable() const {
  if (read_only) throw Error(ErrorCode::io, fmt::format("[cache] {} may not be written", folder.string()));
}

Store::Store(const fs::path& folder, const StoreOptions& options) : state_(std::make_shared<State>(folder, options)) {}

std::optional<StoredEntry> Store::find(const Digest& key, Accept accept) const {
  std::optional<StoredEntry> entry = state_->look_up(key, accept);
  (entry ? state_->hits : state_->misses)++;
  return entry;
}

std::optional<EntryInfo> Store::look_at(const Digest& key) const {
  const std::string path = entry_path(state_->root, key).string();
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  std::array<std::byte, longest_entry_front> beginning;
  if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
  const ssize_t got = ::pread(fd.get(), beginning.data(), beginning.size(), 0);
  if (got < 0) return std::nullopt;
  try {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const ParsedEntry parsed = parse_entry_front(ByteSpan(beginning).first(static_cast<std::size_t>(got)), size, path);
    require_key(parsed, key, path);
    return info_of(parsed, size, system_time(last_used_ns(status)));
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool Store::put(const Digest& key, const NewEntry& entry) const {
  return state_->put(key, entry);
}

bool Store::remove(const Digest& key) const {
  return !state_->read_only && state_->remove(std::span(&key, 1)).entries > 0;
}

StoreCounts Store::counts() const {
  return {.hits = state_->hits.value,
          .misses = state_->misses.value,
          .stored = state_->stored.value,
          .evicted = state_->evicted.value,
          .weighed = state_->weighed.value,
          .damaged = state_->damaged.value};
}

const fs::path& Store::folder() const noexcept {
  return state_->folder;
}

const StoreOptions& Store::options() const noexcept {
  return state_->options;
}

bool Store::read_only() const noexcept {
  return state_->read_only;
}

Arena& Store::arena() const {
  return state_->hashing_arena();
}

}  // namespace thrum
