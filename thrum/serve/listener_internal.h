#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "thrum/runtime/unique_fd.h"

namespace thrum::serving {

/// Listening sockets of one address, between which the kernel deals the connections (SO_REUSEPORT).
struct Listeners {
  std::vector<UniqueFd> sockets;
  std::string url;  ///< "http://127.0.0.1:4000", with the port that was found for port 0
};

/// `address`: "HOST:PORT", "[IPV6]:PORT" or ":PORT" (all IPv4 addresses of the machine). Throws invalid_argument for an
/// address that cannot be read or found, io for one that cannot be bound, such as for a port in use.
Listeners listen_at(const std::string& address, int n_sockets, int backlog);

/// A client's address without its port: "192.0.2.7"; "" behind a Unix socket.
std::string peer_text(const sockaddr_storage& address);

}  // namespace thrum::serving
