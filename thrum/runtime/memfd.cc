#include "thrum/runtime/memfd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

}  // namespace

UniqueFd create_memfd(const std::string& name) {
  UniqueFd fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) throw_io(fmt::format("[memory] cannot create {}", name));
  return fd;
}

void write_memfd(int fd, std::uint64_t offset, ByteSpan bytes) {
  for (ByteSpan rest = bytes; !rest.empty();) {
    const ssize_t written = ::pwrite(fd, rest.data(), rest.size(), static_cast<off_t>(offset));
    if (written < 0 && errno != EINTR) throw_io(fmt::format("[memory] cannot share {} bytes", bytes.size()));
    if (written < 0) continue;
    rest = rest.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void seal_memfd(int fd) {
  if (::fcntl(fd, F_ADD_SEALS, seals) != 0) throw_io("[memory] cannot seal shared bytes");
}

UniqueFd share_bytes(const std::string& name, ByteSpan bytes) {
  UniqueFd fd = create_memfd(name);
  write_memfd(fd.get(), 0, bytes);
  seal_memfd(fd.get());
  return fd;
}

SharedBytes::SharedBytes(int fd) {
  const int found = ::fcntl(fd, F_GET_SEALS);
  if (found < 0) throw_io("[memory] cannot map shared bytes");
  if ((found & seals) != seals) {
    throw Error(ErrorCode::invalid_argument, "[memory] expected a sealed memfd, got one that can still change");
  }
  struct stat status;
  if (::fstat(fd, &status) != 0) throw_io("[memory] cannot map shared bytes");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;
  // Private: before Linux 6.7, MAP_SHARED is refused for sealed memory. Nothing is copied, for nobody writes.
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) throw_io("[memory] cannot map shared bytes");
  data_ = static_cast<const std::byte*>(mapped);
  size_ = size;
}

SharedBytes::~SharedBytes() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

SharedBytes::SharedBytes(SharedBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedBytes& SharedBytes::operator=(SharedBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace thrum
