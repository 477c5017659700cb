#include <sys/mman.h>

#include <bit>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/runtime/process/mirrored_memory_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {

MirroredMemory::MirroredMemory(int fd, std::size_t offset, std::size_t size, bool writable) : size_(size) {
  THRUM_ASSERT(std::has_single_bit(size));
  const auto fail = [] { throw_io("[process] cannot map the memory shared with a worker"); };
  void* reserved = ::mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) fail();
  data_ = static_cast<std::byte*>(reserved);
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  for (std::byte* half : {data_, data_ + size}) {
    if (::mmap(half, size, protection, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(offset)) != MAP_FAILED) continue;
    const int error = errno;
    ::munmap(data_, 2 * size);
    errno = error;
    fail();
  }
}

MirroredMemory::~MirroredMemory() {
  if (data_ != nullptr) ::munmap(data_, 2 * size_);
}

MirroredMemory::MirroredMemory(MirroredMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

MirroredMemory& MirroredMemory::operator=(MirroredMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace thrum
