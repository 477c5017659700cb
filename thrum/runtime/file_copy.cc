#include "thrum/runtime/file_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/runtime/open_to_read_internal.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

/// The size of a regular file.
std::size_t checked_size(int fd, const std::filesystem::path& path) {
  const struct stat status = status_of(fd, path);
  if (S_ISREG(status.st_mode)) return static_cast<std::size_t>(status.st_size);
  throw Error(ErrorCode::io, cannot_read(path) + ": not a regular file",
              S_ISDIR(status.st_mode) ? "name a file in this folder" : "copy what it gives into a file first");
}

void read_piece(int fd, std::size_t offset, std::span<std::byte> out, const std::filesystem::path& path) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno != EINTR) throw_io(cannot_read(path));
    if (got == 0) {
      throw Error(ErrorCode::io, cannot_read(path) + ": it became shorter meanwhile",
                  "write a new file beside it and rename it");
    }
    if (got < 0) continue;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::size_t>(got);
  }
}

/// In pages as large as there are, which take a third of the time.
std::byte* map_room(std::size_t size, const std::filesystem::path& path) {
  void* room = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) fail_to_map(path);
#ifdef MADV_HUGEPAGE
  ::madvise(room, size, MADV_HUGEPAGE);
#endif
  return static_cast<std::byte*>(room);
}

}  // namespace

void FileCopy::Unmap::operator()(std::byte* data) const noexcept {
  ::munmap(data, size);
}

FileCopy::FileCopy(const std::filesystem::path& path, std::stop_token stop) {
  constexpr std::size_t piece = std::size_t{2} << 20;
  constexpr std::size_t large = std::size_t{16} << 20;
  const UniqueFd fd = open_to_read(path, O_NONBLOCK);  // or a pipe would wait for who writes into it
  const std::size_t size = checked_size(fd.get(), path);
  if (size == 0) return;
  data_.reset(map_room(size, path));
  data_.get_deleter().size = size;
  Arena arena(size < large ? 1 : 0, Backend::threads);
  const auto read = [&](std::size_t begin, std::size_t end) {
    read_piece(fd.get(), begin, {data_.get() + begin, end - begin}, path);
  };
  parallel_for(arena, size, piece, read, std::move(stop));
}

}  // namespace thrum
