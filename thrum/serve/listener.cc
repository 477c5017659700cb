#include "thrum/serve/listener_internal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

#include "thrum/core/error.h"

namespace thrum::serving {
namespace {

struct Endpoint {
  sockaddr_storage address = {};
  socklen_t size = 0;

  int family() const noexcept { return address.ss_family; }
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&address); }
  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&address); }
  in_port_t& port() noexcept {
    return family() == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                : reinterpret_cast<sockaddr_in*>(&address)->sin_port;
  }
};

[[noreturn]] void refuse(const std::string& address, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "[serve] expected an address HOST:PORT, got \"" + address + "\": " + what);
}

[[noreturn]] void fail(const std::string& address) {
  const int error = errno;
  throw Error(ErrorCode::io, "[serve] cannot listen at " + address + ": " + std::generic_category().message(error),
              error == EADDRINUSE ? "another process listens there; choose another port, or 0 for any" : "");
}

Endpoint resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) refuse(address, "there is no port");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || error != std::errc() || end != port.data() + port.size())
    refuse(address, "the port is not 0…65535");
  if (host.empty()) host = "0.0.0.0";
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
    refuse(address, gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Endpoint endpoint;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.size = found->ai_addrlen;
  return endpoint;
}

void switch_on(int socket, int level, int option) {
  const int on = 1;
  setsockopt(socket, level, option, &on, sizeof on);
}

UniqueFd bind_socket(const std::string& address, const Endpoint& endpoint, bool shared) {
  UniqueFd fd(socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail(address);
  switch_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  switch_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // connections inherit it
  if (shared) switch_on(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (bind(fd.get(), endpoint.data(), endpoint.size) != 0) fail(address);
  return fd;
}

std::string url_of(const Endpoint& endpoint) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  getnameinfo(endpoint.data(), endpoint.size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  const bool six = endpoint.family() == AF_INET6;
  return std::string("http://") + (six ? "[" : "") + host + (six ? "]" : "") + ":" + port;
}

}  // namespace

std::string peer_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  }
  return text;
}

Listeners listen_at(const std::string& address, int n_sockets, int backlog) {
  Endpoint endpoint = resolve(address);
  // SO_REUSEPORT would let us in beside another server of the same user; a socket without it is refused.
  if (endpoint.port() != 0) {
    const UniqueFd probe = bind_socket(address, endpoint, false);
    if (listen(probe.get(), 1) != 0) fail(address);
  }
  Listeners listeners;
  for (int i = 0; i < n_sockets; ++i) {
    listeners.sockets.push_back(bind_socket(address, endpoint, true));
    const int fd = listeners.sockets.back().get();
    if (listen(fd, backlog) != 0) fail(address);
    getsockname(fd, endpoint.data(), &endpoint.size);  // the port that 0 became
  }
  listeners.url = url_of(endpoint);
  return listeners;
}

}  // namespace thrum::serving
