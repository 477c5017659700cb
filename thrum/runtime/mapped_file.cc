#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/file_pieces_internal.h"
#include "thrum/runtime/open_to_read_internal.h"
#include "thrum/runtime/system_error_internal.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {
namespace {

/// Such as /dev/zero, but neither a terminal nor /dev/null.
bool is_endless_device(int fd, const struct stat& status) {
  const dev_t null = makedev(1, 3);
  return S_ISCHR(status.st_mode) && status.st_rdev != null && ::isatty(fd) == 0;
}

/// The file, or standard input.
UniqueFd open_input(const std::filesystem::path& path) {
  UniqueFd fd = path == "-" ? UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) : open_to_read(path);
  if (!fd) throw_io(cannot_read(path));
  if (is_endless_device(fd.get(), status_of(fd.get(), path))) {
    throw Error(ErrorCode::io, cannot_read(path) + ": it is a device, which may have no end",
                "copy what is wanted of it into a file first");
  }
  return fd;
}

/// Files of /proc have no size, and neither they nor pipes can be mapped. Standard input may stand in mid-file.
bool is_mappable(const std::filesystem::path& path, const struct stat& status) {
  return path != "-" && S_ISREG(status.st_mode) && status.st_size > 0;
}

/// 0 at the end.
std::size_t read_some(int fd, std::byte* bytes, std::size_t most, const std::filesystem::path& path) {
  for (;;) {
    const ssize_t got = ::read(fd, bytes, most);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw_io(cannot_read(path));
  }
}

/// Anonymous memory that grows in place or moves, and goes back when an error ends the reading.
class GrowingBuffer {
 public:
  ~GrowingBuffer() {
    if (data_ != nullptr) ::munmap(data_, capacity_);
  }
  std::byte* data() const { return static_cast<std::byte*>(data_); }
  std::size_t capacity() const { return capacity_; }
  void* release() { return std::exchange(data_, nullptr); }

  /// False where memory lacks.
  bool resize(std::size_t capacity) {
    void* moved = data_ == nullptr
                      ? ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                      : ::mremap(data_, capacity_, capacity, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) return false;
    data_ = moved;
    capacity_ = capacity;
    return true;
  }

 private:
  void* data_ = nullptr;
  std::size_t capacity_ = 0;
};

std::size_t read_all(int fd, GrowingBuffer& buffer, const std::filesystem::path& path) {
  for (std::size_t size = 0;;) {
    if (size == buffer.capacity() && !buffer.resize(std::max<std::size_t>(1 << 16, 2 * size))) fail_to_map(path);
    const std::size_t got = read_some(fd, buffer.data() + size, buffer.capacity() - size, path);
    if (got == 0) return size;
    size += got;
  }
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const UniqueFd fd = open_input(path);
  const struct stat status = status_of(fd.get(), path);
  if (!is_mappable(path, status)) {
    GrowingBuffer buffer;
    const std::size_t size = read_all(fd.get(), buffer, path);
    if (size == 0) return;
    if (!buffer.resize(size)) fail_to_map(path);
    data_ = static_cast<const std::byte*>(buffer.release());
    size_ = size;
    return;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (mapped == MAP_FAILED) fail_to_map(path);
  data_ = static_cast<const std::byte*>(mapped);
  size_ = size;
  is_mapped_ = true;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      is_mapped_(std::exchange(other.is_mapped_, false)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(is_mapped_, other.is_mapped_);
  return *this;
}

bool can_map(const std::filesystem::path& path) {
  return is_mappable(path, status_of(open_input(path).get(), path));
}

void read_pieces(const std::filesystem::path& path, FunctionRef<void(ByteSpan)> take) {
  const UniqueFd fd = open_input(path);
  std::vector<std::byte> piece(std::size_t{1} << 18);
  while (const std::size_t n = read_some(fd.get(), piece.data(), piece.size(), path)) {
    take(ByteSpan(piece).first(n));
  }
}

}  // namespace thrum
