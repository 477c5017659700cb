#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "thrum/cache/usage_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr std::uint64_t expected_magic = 0x6567'6173'7520'6874;  // "th usage"
constexpr std::chrono::seconds longest_wait_for_folder(5);
constexpr std::int64_t implausible = std::int64_t{1} << 60;

// Which byte of the file stands for what when it is locked.
constexpr off_t folder_byte = 0;
off_t key_byte(const Digest& key) {
  return static_cast<off_t>(1 + (key.low >> 2));
}

}  // namespace

/// Changed by one process at a time, read by all at any time.
struct UsageFile::Page {
  struct Shard {
    std::atomic<std::int64_t> bytes;
    std::atomic<std::int64_t> entries;
  };

  std::atomic<std::uint64_t> magic;   ///< written last: without it nothing else counts
  std::atomic<std::uint64_t> marked;  ///< 1 + the shard that is being changed, or 0
  std::array<std::uint64_t, 6> unused;
  std::array<Shard, n_shards> shards;
};

UsageFile::UsageFile(const std::filesystem::path& root) : root_(root), opened_by_(::getpid()) {
  static_assert(std::atomic<std::int64_t>::is_always_lock_free, "shared between processes");
  const std::string path = (root / "usage").string();
  const auto fail = [&] { throw_io("[cache] cannot open " + path); };
  fd_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  struct stat status;
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) fail();
  // Never made smaller: another process may have it mapped. Where the disk has no room, this fails, and not whoever
  // writes to the page first.
  if (::fallocate(fd_.get(), 0, 0, sizeof(Page)) != 0) {
    if (errno != EOPNOTSUPP) fail();
    if (status.st_size < static_cast<off_t>(sizeof(Page)) && ::ftruncate(fd_.get(), sizeof(Page)) != 0) fail();
  }
  void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) fail();
  page_ = static_cast<Page*>(mapped);
}

UsageFile::~UsageFile() {
  ::munmap(page_, sizeof(Page));
}

bool UsageFile::usable() const noexcept {
  struct stat status;
  return opened_by_ == ::getpid() && ::fstat(fd_.get(), &status) == 0 && status.st_nlink > 0;
}

std::optional<ByteLock> UsageFile::lock_folder() {
  auto lock = ByteLock::until(ByteLock::Clock::now() + longest_wait_for_folder, fd_.get(), folder_byte);
  if (!lock) return lock;
  const std::uint64_t marked = page_->marked;
  if (page_->magic != expected_magic || marked > n_shards || !plausible()) {
    count_all_anew();
  } else if (marked != 0) {
    list(static_cast<unsigned>(marked - 1));
  }
  return lock;
}

std::optional<ByteLock> UsageFile::lock_key(const Digest& key, ByteLock::Clock::time_point deadline) const {
  return ByteLock::until(deadline, fd_.get(), key_byte(key));
}

Usage UsageFile::of(unsigned shard) const noexcept {
  const Page::Shard& numbers = page_->shards[shard];
  return {static_cast<std::uint64_t>(numbers.bytes.load(std::memory_order_relaxed)),
          static_cast<std::uint64_t>(numbers.entries.load(std::memory_order_relaxed))};
}

Usage UsageFile::total() const noexcept {
  Usage sum;
  for (unsigned shard = 0; shard < n_shards; ++shard) sum += of(shard);
  return sum;
}

bool UsageFile::plausible() const noexcept {
  for (const Page::Shard& numbers : page_->shards) {
    const std::int64_t bytes = numbers.bytes;
    const std::int64_t entries = numbers.entries;
    if (bytes < 0 || bytes > implausible || entries < 0 || entries > bytes) return false;
  }
  return true;
}

void UsageFile::mark(unsigned shard) noexcept {
  page_->marked = shard + 1;
}

void UsageFile::unmark() noexcept {
  page_->marked = 0;
}

void UsageFile::add(unsigned shard, std::int64_t bytes, std::int64_t entries) noexcept {
  page_->shards[shard].bytes += bytes;
  page_->shards[shard].entries += entries;
}

void UsageFile::set(unsigned shard, const Usage& usage) noexcept {
  page_->shards[shard].bytes = static_cast<std::int64_t>(usage.bytes);
  page_->shards[shard].entries = static_cast<std::int64_t>(usage.entries);
}

std::vector<ShardEntry> UsageFile::list(unsigned shard) {
  mark(shard);
  std::vector<ShardEntry> entries = list_shard(root_, shard);
  Usage sum;
  for (const ShardEntry& entry : entries) sum += {entry.disk_bytes, 1};
  set(shard, sum);
  unmark();
  return entries;
}

void UsageFile::count_all_anew() {
  page_->magic = 0;
  for (unsigned shard = 0; shard < n_shards; ++shard) list(shard);
  page_->magic = expected_magic;
}

}  // namespace thrum
