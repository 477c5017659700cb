#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "thrum/runtime/file.h"
#include "thrum/runtime/system_error_internal.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {
namespace {

std::string cannot_read(const std::filesystem::path& path) {
  return "[read] cannot read " + path.string();
}

UniqueFd open_to_read(const std::filesystem::path& path) {
  UniqueFd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_io(cannot_read(path));
  return fd;
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
    if (size == buffer.capacity() && !buffer.resize(std::max<std::size_t>(1 << 16, 2 * size))) {
      throw_io(cannot_read(path));
    }
    const ssize_t got = ::read(fd, buffer.data() + size, buffer.capacity() - size);
    if (got == 0) return size;
    if (got > 0) size += static_cast<std::size_t>(got);
    if (got < 0 && errno != EINTR) throw_io(cannot_read(path));
  }
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const UniqueFd fd = open_to_read(path);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) throw_io(cannot_read(path));
  // Files of /proc have no size, and neither they nor pipes can be mapped. Standard input may stand in mid-file.
  if (path == "-" || !S_ISREG(status.st_mode) || status.st_size == 0) {
    GrowingBuffer buffer;
    const std::size_t size = read_all(fd.get(), buffer, path);
    if (size == 0) return;
    if (!buffer.resize(size)) throw_io(cannot_read(path));
    data_ = static_cast<const std::byte*>(buffer.release());
    size_ = size;
    return;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (mapped == MAP_FAILED) throw_io(cannot_read(path));
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

}  // namespace thrum
