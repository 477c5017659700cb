#include "thrum/runtime/sharing/pipe.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/sharing/deadline_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace pipe_detail {
namespace {

/// From this size on a packet travels in a memfd, its last descriptor.
constexpr std::size_t large_packet = std::size_t{32} << 10;
/// What is sent instead.
constexpr std::byte in_memory{0};

[[noreturn]] void throw_one_way(const char* what) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[pipe] this end only {}", what));
}

bool is_packet_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/// Takes the packet out of its last descriptor, where it lies there.
void unfold(DescriptorPacket& packet) {
  if (packet.bytes.front() != in_memory) return;
  if (packet.descriptors.empty()) throw Error(ErrorCode::corrupt_data, "[pipe] a message came without its memory");
  const SharedBytes memory(packet.descriptors.back().get());
  packet.bytes.assign(memory.bytes().begin(), memory.bytes().end());
  packet.descriptors.pop_back();
}

}  // namespace

std::pair<End, End> End::make_pair(bool duplex) {
  auto [first, second] = make_socket_pair();
  return {End(std::move(first), duplex ? Direction::both : Direction::receives),
          End(std::move(second), duplex ? Direction::both : Direction::sends)};
}

int End::fd() const {
  if (!socket_) throw Error(ErrorCode::invalid_argument, "[pipe] expected an open end, this handle is closed");
  return socket_->get();
}

void End::send(ByteSpan packet, std::vector<UniqueFd> descriptors) const {
  const int socket = fd();
  if (direction_ == Direction::receives) throw_one_way("receives");
  const bool large = packet.size() >= large_packet;
  if (large) {
    descriptors.push_back(share_bytes("thrum-message", packet));
    packet = ByteSpan(&in_memory, 1);
  }
  if (descriptors.size() >= max_packet_descriptors) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[pipe] expected at most {} descriptors in a value, got {}",
                                                         max_packet_descriptors - 1, descriptors.size()));
  }
  std::vector<int> numbers;
  for (const UniqueFd& descriptor : descriptors) numbers.push_back(descriptor.get());
  if (!send_packet(socket, packet, numbers)) throw Error(ErrorCode::remote, "[pipe] the other end is gone");
}

std::optional<Message> End::receive(Content expected) const {
  const int socket = fd();
  if (direction_ == Direction::sends) throw_one_way("sends");
  std::optional<DescriptorPacket> packet = receive_packet(socket);
  if (!packet) return std::nullopt;
  unfold(*packet);
  if (packet->bytes.empty() || packet->bytes.front() != static_cast<std::byte>(expected)) {
    throw Error(ErrorCode::corrupt_data, fmt::format("[pipe] expected {}, something else came",
                                                     expected == Content::value ? "a value" : "bytes"));
  }
  packet->bytes.erase(packet->bytes.begin());
  return Message{std::move(packet->bytes), std::move(packet->descriptors)};
}

void End::wire(WireWriter& writer) const {
  writer.write(direction_);
  writer.write_descriptor(fd());
}

End End::from_wire(WireReader& reader) {
  const auto direction = reader.read<Direction>();
  UniqueFd socket = reader.read_descriptor();
  if (direction > Direction::sends || !is_packet_socket(socket.get())) {
    throw Error(ErrorCode::corrupt_data, "[pipe] expected an end of a pipe, got something else");
  }
  return {std::move(socket), direction};
}

}  // namespace pipe_detail

std::vector<std::size_t> wait_any(std::span<const int> descriptors, const Timeout& timeout) {
  const Deadline deadline(timeout);
  std::vector<pollfd> polls;
  for (const int fd : descriptors) polls.push_back({fd, POLLIN, 0});
  for (;;) {
    const auto most = std::chrono::hours(1);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.left(most)).count();
    const int ready = ::poll(polls.data(), polls.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) throw_io("[pipe] cannot wait");
    if (ready > 0 || (ready == 0 && deadline.has_passed())) break;
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < polls.size(); ++i) {
    if (polls[i].revents != 0) places.push_back(i);
  }
  return places;
}

}  // namespace thrum
