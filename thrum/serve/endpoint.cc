#include "thrum/serve/endpoint_internal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "thrum/core/error.h"
#include "thrum/core/options.h"

namespace thrum::serving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unix_scheme = "unix:";

[[noreturn]] void refuse(const std::string& address, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "[serve] expected an address HOST:PORT, got \"" + address + "\": " + what);
}

void check_port(const std::string& address, const std::string& port) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    refuse(address, "the port is not 0…65535");
  }
}

std::string host_of(const std::string& address, std::size_t colon) {
  std::string host = address.substr(0, colon);
  if (host.empty()) return "0.0.0.0";
  return host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
}

/// "127.0.0.1" for "::ffff:127.0.0.1", which is the same place.
std::string unmapped(const std::string& host) {
  constexpr std::string_view prefix = "::ffff:";
  return host.starts_with(prefix) && host.find('.') != std::string::npos ? host.substr(prefix.size()) : host;
}

/// Also of a file that is not there yet.
bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code ignored;
  const fs::path here = ".";
  return one == other || (one.filename() == other.filename() &&
                          fs::equivalent((here / one).parent_path(), (here / other).parent_path(), ignored));
}

}  // namespace

Endpoint Endpoint::resolve(const std::string& address) {
  Endpoint endpoint;
  if (address.starts_with(unix_scheme)) {
    const std::string path = address.substr(unix_scheme.size());
    auto& local = reinterpret_cast<sockaddr_un&>(endpoint.address_);
    if (path.empty() || path.size() >= sizeof local.sun_path) {
      refuse(address, "a socket's path has 1…" + std::to_string(sizeof local.sun_path - 1) + " bytes");
    }
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
    endpoint.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return endpoint;
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) refuse(address, "there is no port");
  const std::string port = address.substr(colon + 1);
  check_port(address, port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host_of(address, colon).c_str(), port.c_str(), &hints, &found); code != 0) {
    refuse(address, gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::memcpy(&endpoint.address_, found->ai_addr, found->ai_addrlen);
  endpoint.size_ = found->ai_addrlen;
  return endpoint;
}

Endpoint Endpoint::of(int socket) {
  Endpoint endpoint;
  endpoint.size_ = sizeof endpoint.address_;
  getsockname(socket, endpoint.data(), &endpoint.size_);
  return endpoint;
}

int Endpoint::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address_).sin_port);
  return family() == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(address_).sin6_port) : 0;
}

bool Endpoint::is_within(const Endpoint& other) const {
  if (is_unix() || other.is_unix()) return family() == other.family() && is_same_file(path(), other.path());
  if (port() == 0 || port() != other.port()) return false;
  const std::string here = unmapped(peer_text(address_)), there = unmapped(peer_text(other.address_));
  return there == here || there == "::" || (there == "0.0.0.0" && here.find(':') == std::string::npos);
}

std::string Endpoint::path() const {
  return is_unix() ? reinterpret_cast<const sockaddr_un&>(address_).sun_path : "";
}

std::string Endpoint::url() const {
  if (is_unix()) return std::string(unix_scheme) + path();
  const std::string host = peer_text(address_);
  const std::string text = family() == AF_INET6 ? "[" + host + "]" : host;
  return "http://" + text + ":" + std::to_string(port());
}

std::vector<std::string> addresses_in(const std::string& bind) {
  std::vector<std::string> addresses;
  for (std::size_t begin = 0; begin <= bind.size();) {
    const std::size_t end = std::min(bind.find(',', begin), bind.size());
    addresses.push_back(bind.substr(begin, end - begin));
    begin = end + 1;
  }
  return addresses;
}

std::optional<int> given_socket(const std::string& address) {
  constexpr std::string_view scheme = "fd://";
  if (!address.starts_with(scheme)) return std::nullopt;
  return static_cast<int>(detail::parse_integer("bind", {0, 65535}, address.substr(scheme.size())));
}

std::string peer_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace thrum::serving
