#include <fcntl.h>

#include <cerrno>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/runtime/open_to_read_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {

std::string shown_path(const std::filesystem::path& path) {
  return printable(path.string(), 255);
}

std::string cannot_read(const std::filesystem::path& path) {
  return "[read] cannot read " + shown_path(path);
}

UniqueFd open_to_read(const std::filesystem::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd) throw_io(cannot_read(path));
  return fd;
}

struct stat status_of(int fd, const std::filesystem::path& path) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw_io(cannot_read(path));
  return status;
}

void fail_to_map(const std::filesystem::path& path) {
  if (errno != ENOMEM) throw_io(cannot_read(path));
  throw Error(ErrorCode::out_of_memory, cannot_read(path) + ": " + reason(ENOMEM));
}

}  // namespace thrum
