#include "thrum/runtime/memfd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

}  // namespace

UniqueFd share_bytes(const std::string& name, ByteSpan bytes) {
  const auto fail = [&] { throw_io(fmt::format("[memory] cannot share {} bytes as {}", bytes.size(), name)); };
  UniqueFd fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) fail();
  // write(2) reports a lack of memory, where filling a mapping would end in SIGBUS; it is also twice as fast.
  for (ByteSpan rest = bytes; !rest.empty();) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written >= 0) rest = rest.subspan(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) fail();
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, seals) != 0) fail();
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
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
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
