#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <utility>

namespace thrum {

/// Holds one byte of an open file against all other open files, of whichever process. The kernel lets go when the
/// holder ends, even by kill -9 (an OFD lock). Threads that share a descriptor do not exclude each other. Movable.
class ByteLock {
 public:
  using Clock = std::chrono::steady_clock;

  /// `fd` must stay open. None when another holds the byte until `deadline`, or where the file system has no locks.
  static std::optional<ByteLock> until(Clock::time_point deadline, int fd, off_t offset);

  ~ByteLock();
  ByteLock(ByteLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), offset_(other.offset_) {}
  ByteLock& operator=(ByteLock&&) = delete;

 private:
  ByteLock(int fd, off_t offset) noexcept : fd_(fd), offset_(offset) {}

  int fd_;
  off_t offset_;
};

}  // namespace thrum
