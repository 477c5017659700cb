#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// The most descriptors that the kernel lets one packet carry (SCM_MAX_FD).
constexpr std::size_t max_packet_descriptors = 253;

struct DescriptorPacket {
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> descriptors;
};

/// Two connected ends that keep packets whole (AF_UNIX, SOCK_SEQPACKET). Throws io.
std::pair<UniqueFd, UniqueFd> make_socket_pair();
/// { end to read, end to write }. Throws io.
std::pair<UniqueFd, UniqueFd> make_os_pipe();

/// Sends bytes, at least one, and duplicates of descriptors, as one packet. False when the other end is gone, or, with
/// `wait` = false, has no room. Throws io for other faults. REQUIRES: descriptors.size() <= max_packet_descriptors.
bool send_packet(int socket, ByteSpan bytes, std::span<const int> descriptors, bool wait = true);

/// Waits for the next packet; none when the other end is closed. Throws io.
std::optional<DescriptorPacket> receive_packet(int socket);

}  // namespace thrum
