#include "thrum/runtime/process/pool_channel_internal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

// The control block and the two rings, in this order.
constexpr std::size_t control_bytes = 4096;
static_assert(sizeof(ChannelControl) <= control_bytes);

}  // namespace

void* map_shared(int fd, std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) throw_io("[process] cannot map shared memory");
  return address;
}

void unmap_shared(void* address, std::size_t size) noexcept {
  ::munmap(address, size);
}

UniqueFd create_shared(const std::string& name, std::size_t size) {
  UniqueFd fd = create_memfd(name);
  // All pages now: later a lack of memory would be a SIGBUS.
  const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size));
  if (error != 0) throw_io("[process] no memory to share with another process", error);
  return fd;
}

std::optional<std::uint64_t> DescriptorStream::send(std::span<const UniqueFd> descriptors, bool wait) {
  std::vector<int> numbers;
  for (const UniqueFd& descriptor : descriptors) numbers.push_back(descriptor.get());
  const std::uint64_t packet = sent_ + 1;
  if (!send_packet(socket_.get(), std::as_bytes(std::span(&packet, 1)), numbers, wait)) return std::nullopt;
  return sent_ = packet;
}

std::vector<UniqueFd> DescriptorStream::receive(std::uint64_t packet) {
  for (;;) {
    std::optional<DescriptorPacket> received = receive_packet(socket_.get());
    if (!received || received->bytes.size() != sizeof packet) {
      throw Error(ErrorCode::remote, "[process] the other end of a pool's channel is gone");
    }
    if (load<std::uint64_t>(received->bytes) == packet) return std::move(received->descriptors);
  }
}

UniqueFd ChannelMemory::create() {
  return create_shared("thrum-channel", control_bytes + 2 * ring_bytes);
}

ChannelMemory::ChannelMemory(int fd, End end)
    : control_(fd),
      tasks_(fd, control_bytes, ring_bytes, end == End::pool),
      results_(fd, control_bytes + ring_bytes, ring_bytes, end == End::worker) {}

}  // namespace thrum
