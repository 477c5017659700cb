#pragma once

#include <cstddef>
#include <cstdint>

namespace thrum {

/// `size` bytes of a memfd, mapped twice in a row: what runs over the end continues at the beginning, so that a ring
/// buffer needs no special case for it. Movable.
class MirroredMemory {
 public:
  /// REQUIRES: offset and size are multiples of the page size, size a power of two. Throws io.
  MirroredMemory(int fd, std::size_t offset, std::size_t size, bool writable);
  ~MirroredMemory();
  MirroredMemory(MirroredMemory&& other) noexcept;
  MirroredMemory& operator=(MirroredMemory&& other) noexcept;

  std::size_t size() const noexcept { return size_; }
  /// Where the byte with this number, counted since the beginning of all things, lies; size() bytes follow.
  std::byte* at(std::uint64_t position) const noexcept { return data_ + (position & (size_ - 1)); }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace thrum
