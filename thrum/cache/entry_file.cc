#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>
#include <random>
#include <system_error>

#include "thrum/cache/entry_file_internal.h"
#include "thrum/cache/entry_format_internal.h"
#include "thrum/cache/shard_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

/// Below, reading costs less than mapping.
constexpr std::uint64_t smallest_mapping = std::uint64_t{64} << 10;
constexpr std::align_val_t alignment{payload_alignment};

StoredBytes read_into_memory(int fd, std::size_t size) {
  const std::shared_ptr<void> memory(::operator new(size, alignment), [](void* p) { ::operator delete(p, alignment); });
  auto* begin = static_cast<std::byte*>(memory.get());
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::pread(fd, begin + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_io("[cache] cannot read an entry");
    if (got == 0) return {memory, {begin, done}};  // shorter than it was; parse_entry says so
    done += static_cast<std::size_t>(got);
  }
  return {memory, {begin, size}};
}

StoredBytes map(int fd, std::size_t size) {
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (mapped == MAP_FAILED) throw_io("[cache] cannot map an entry");
  const std::shared_ptr<void> owner(mapped, [size](void* p) { ::munmap(p, size); });
  return {owner, {static_cast<const std::byte*>(mapped), size}};
}

UniqueFd open_without_name(const std::filesystem::path& folder) {
  return UniqueFd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
}

bool knows_no_files_without_name(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL;
}

std::string cannot_store(const std::filesystem::path& path) {
  return "[cache] cannot store " + path.string();
}

}  // namespace

StoredBytes read_stored(int fd, std::uint64_t size) {
  return size < smallest_mapping ? read_into_memory(fd, size) : map(fd, size);
}

NewEntryFile::NewEntryFile(const std::filesystem::path& root, const Digest& key) : target_(entry_path(root, key)) {
  const std::filesystem::path folder = target_.parent_path();
  fd_ = open_without_name(folder);
  if (!fd_ && errno == ENOENT) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw_io(cannot_store(target_), error.value());
    fd_ = open_without_name(folder);
  }
  if (!fd_ && knows_no_files_without_name(errno)) {
    std::random_device random;
    temporary_ = folder / fmt::format("{}{:08x}{:08x}", temporary_prefix, random(), random());
    fd_.reset(::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
  }
  if (!fd_) throw_io(cannot_store(target_));
}

NewEntryFile::~NewEntryFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewEntryFile::write(ByteSpan front, ByteSpan payload) {
  while (!front.empty() || !payload.empty()) {
    const std::array<iovec, 2> pieces = {iovec{const_cast<std::byte*>(front.data()), front.size()},
                                         iovec{const_cast<std::byte*>(payload.data()), payload.size()}};
    const ssize_t written = ::writev(fd_.get(), pieces.data(), pieces.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_io(cannot_store(target_));
    const auto n = static_cast<std::size_t>(written);
    const std::size_t of_front = std::min(n, front.size());
    front = front.subspan(of_front);
    payload = payload.subspan(n - of_front);
  }
}

bool NewEntryFile::publish() {
  const std::string open_file = fmt::format("/proc/self/fd/{}", fd_.get());
  const char* source = temporary_.empty() ? open_file.c_str() : temporary_.c_str();
  if (::linkat(AT_FDCWD, source, AT_FDCWD, target_.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno != EEXIST) throw_io(cannot_store(target_));
  return false;
}

}  // namespace thrum
