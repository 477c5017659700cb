#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>
#include <vector>

namespace thrum::serving {

/// Where a socket listens: a TCP address, or the path of a Unix socket.
class Endpoint {
 public:
  /// "HOST:PORT", "[IPV6]:PORT", ":PORT" (all IPv4 addresses of the machine) or "unix:PATH". Throws invalid_argument
  /// for what cannot be read or found.
  static Endpoint resolve(const std::string& address);
  /// Where `socket` listens.
  static Endpoint of(int socket);

  int family() const noexcept { return address_.ss_family; }
  bool is_unix() const noexcept { return family() == AF_UNIX; }
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const noexcept { return size_; }
  int port() const noexcept;
  /// Who listens at `other` hears all that comes here. Port 0 is always another one.
  bool is_within(const Endpoint& other) const;
  std::string path() const;  ///< of a Unix socket
  std::string url() const;   ///< "http://127.0.0.1:4000", "unix:/run/a.sock"

 private:
  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&address_); }

  sockaddr_storage address_ = {};
  socklen_t size_ = 0;
};

/// Those that commas separate.
std::vector<std::string> addresses_in(const std::string& bind);

/// The number N of "fd://N": a listening socket that the server was given when it was started. None for other
/// addresses; throws invalid_argument for what is no number.
std::optional<int> given_socket(const std::string& address);

/// A client's address without its port: "192.0.2.7"; "" behind a Unix socket.
std::string peer_text(const sockaddr_storage& address);

}  // namespace thrum::serving
