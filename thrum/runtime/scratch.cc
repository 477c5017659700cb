#include "thrum/runtime/scratch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

/// From here on the arrays are let go of; the rest of the limit is for what a few blocks of rows bring in meanwhile.
constexpr double high_water = 0.75;

std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// A file without a name; on file systems that have none of these, one whose name is taken away at once.
UniqueFd open_unnamed(const std::filesystem::path& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string name = folder / "thrum-XXXXXX";
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (file) ::unlink(name.c_str());
  return file;
}

/// The second number of /proc/self/statm (proc(5)): pages in memory.
std::uint64_t resident_pages(int statm) {
  std::array<char, 128> text;
  const ssize_t n = ::pread(statm, text.data(), text.size(), 0);
  if (n <= 0) return 0;
  const std::string_view line(text.data(), static_cast<std::size_t>(n));
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  std::uint64_t pages = 0;
  std::from_chars(line.data() + blank + 1, line.data() + line.size(), pages);
  return pages;
}

/// A table may have thousands of columns, and a call of the file system for each takes seconds: room is reserved so far
/// ahead where there is as much, and small arrays keep theirs to the end.
constexpr std::uint64_t room_ahead = std::uint64_t{1} << 24;
constexpr std::size_t small_array = std::size_t{1} << 20;

/// Reserves room for the first `end` bytes of the file. The error; 0 for none.
int reserve(int file, std::uint64_t end) {
  struct stat status;
  if (::fstat(file, &status) != 0) return errno;
  const auto reserved = static_cast<std::uint64_t>(status.st_size);
  const auto grow_to = [&](std::uint64_t size) {
    return ::posix_fallocate(file, static_cast<off_t>(reserved), static_cast<off_t>(size - reserved));
  };
  if (end <= reserved) return 0;
  if (end - reserved < room_ahead && grow_to(reserved + room_ahead) == 0) return 0;
  return grow_to(end);
}

bool is_in_memory(int file) {
  struct statfs system;
  return ::fstatfs(file, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

}  // namespace

Scratch::Scratch(const std::filesystem::path& folder, std::uint64_t memory_limit)
    : folder_(folder),
      limit_(memory_limit),
      file_(open_unnamed(folder)),
      statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  if (!file_) throw_io("[scratch] cannot make a file in " + folder_.string());
  if (!is_in_memory(file_.get())) return;
  log(LogLevel::warning,
      fmt::format(
          "[scratch] {} is a file system in memory: what is kept there takes as much memory; name a folder on a "
          "disk with --scratch",
          folder_.string()));
}

Scratch::~Scratch() {
  MutexLock lock(mutex_);
  THRUM_ASSERT(areas_.empty());
}

Scratch::Bytes Scratch::allocate(std::size_t size) {
  const std::size_t mapped = round_up(size == 0 ? 1 : size, page_);
  MutexLock lock(mutex_);
  const std::uint64_t offset = end_;
  const int refused = reserve(file_.get(), offset + mapped);
  if (refused != 0) fail_full(mapped, refused);
  end_ += mapped;
  void* bytes = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), static_cast<off_t>(offset));
  if (bytes == MAP_FAILED) fail_full(mapped, errno);
#ifdef MADV_NOHUGEPAGE
  if (mapped >= small_array) ::madvise(bytes, mapped, MADV_NOHUGEPAGE);  // or a touch may bring in 2 MiB
#endif
  areas_[static_cast<std::byte*>(bytes)] = {mapped, offset};
  return Bytes(static_cast<std::byte*>(bytes), Release{this, mapped, true});
}

Scratch::Bytes Scratch::watch(ByteSpan file) {
  if (file.empty()) return {};
  auto* const bytes = const_cast<std::byte*>(file.data());
  MutexLock lock(mutex_);
  areas_[bytes] = {file.size(), 0};
  return Bytes(bytes, Release{this, file.size(), false});
}

void Scratch::release(std::byte* bytes, std::size_t size, bool is_ours) noexcept {
  MutexLock lock(mutex_);
  const auto area = areas_.find(bytes);
  if (is_ours) ::munmap(bytes, size);
  if (is_ours && size >= small_array) {
    // The room on the disk can be used by others at once; where the file system cannot do that, at the end.
    ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(area->second.offset),
                static_cast<off_t>(size));
  }
  areas_.erase(area);
}

void Scratch::let_go() noexcept {
  MutexLock lock(mutex_);
  // Columns mostly lie side by side, and a table may have thousands.
  for (auto area = areas_.begin(); area != areas_.end();) {
    std::byte* const begin = area->first;
    std::byte* end = begin;
    for (; area != areas_.end() && area->first == end; ++area) end += round_up(area->second.size, page_);
    ::madvise(begin, static_cast<std::size_t>(end - begin), MADV_DONTNEED);
  }
}

void Scratch::keep_within_limit() {
  const auto most = static_cast<std::uint64_t>(high_water * static_cast<double>(limit_));
  if (resident_pages(statm_.get()) * page_ <= most) return;
  // One lets go and the others wait: meanwhile they would go on reading.
  while (letting_go_.test_and_set(std::memory_order_acquire)) letting_go_.wait(true, std::memory_order_relaxed);
  let_go();
  const std::uint64_t left = resident_pages(statm_.get()) * page_;
  letting_go_.clear(std::memory_order_release);
  letting_go_.notify_all();
  if (left <= limit_) return;
  throw Error(ErrorCode::out_of_memory,
              fmt::format("[memory] {} MiB are in use beside the rows, more than the limit of {} MiB", left >> 20,
                          limit_ >> 20),
              "raise the limit, or use fewer threads");
}

void Scratch::fail_full(std::size_t size, int error) const {
  throw Error(ErrorCode::out_of_memory,
              fmt::format("[scratch] no room for {} MiB in {}: {}", (size >> 20) + 1, folder_.string(), reason(error)),
              "name another folder with --scratch");
}

}  // namespace thrum
