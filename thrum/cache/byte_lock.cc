#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "thrum/cache/byte_lock_internal.h"

namespace thrum {
namespace {

bool set_lock(int fd, off_t offset, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = offset;
  lock.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

}  // namespace

std::optional<ByteLock> ByteLock::until(Clock::time_point deadline, int fd, off_t offset) {
  // The kernel's own waiting (F_OFD_SETLKW) knows no deadline. Looking again after a tenth of the time waited so far
  // costs few calls and loses little time.
  using std::chrono::microseconds;
  const Clock::time_point begin = Clock::now();
  while (!set_lock(fd, offset, F_WRLCK)) {
    const bool is_held = errno == EAGAIN || errno == EACCES || errno == EINTR;
    const Clock::time_point now = Clock::now();
    if (!is_held || now >= deadline) return std::nullopt;
    const Clock::duration pause =
        std::clamp<Clock::duration>((now - begin) / 10, microseconds(50), microseconds(10'000));
    std::this_thread::sleep_until(std::min(deadline, now + pause));
  }
  return ByteLock(fd, offset);
}

ByteLock::~ByteLock() {
  if (fd_ >= 0) set_lock(fd_, offset_, F_UNLCK);
}

}  // namespace thrum
