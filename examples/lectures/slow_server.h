#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "thrum/runtime/unique_fd.h"

namespace lesson {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("cannot ") + what);
}

/// Everything that comes until the other side closes.
inline std::string read_all(int fd) {
  std::string text;
  char buffer[1024];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

inline void write_all(int fd, std::string_view text) {
  require(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "write to a socket");
}

/// Answers every request on 127.0.0.1 after `delay`, as a far or busy server does: a thread for each connection.
class SlowServer {
 public:
  explicit SlowServer(std::chrono::milliseconds delay) : delay_(delay) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(socket_.get(), generic, size) == 0 && ::listen(socket_.get(), 1024) == 0, "listen on 127.0.0.1");
    ::getsockname(socket_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }
  ~SlowServer() { ::shutdown(socket_.get(), SHUT_RDWR); }

  std::uint16_t port() const { return port_; }

 private:
  void accept_all() {
    std::vector<std::jthread> connections;
    for (int fd; (fd = ::accept(socket_.get(), nullptr, nullptr)) >= 0;) {
      connections.emplace_back([this, connection = thrum::UniqueFd(fd)] { answer(connection.get()); });
    }
  }
  void answer(int fd) const {
    char request[1024];
    if (::read(fd, request, sizeof request) <= 0) return;
    std::this_thread::sleep_for(delay_);
    write_all(fd, "HTTP/1.0 200 OK\r\n\r\nhello");
  }

  std::chrono::milliseconds delay_;
  thrum::UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port_ = 0;
  std::jthread acceptor_;
};

/// The body of the answer to GET /. Blocks until it is there.
inline std::string fetch(std::uint16_t port) {
  const thrum::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  require(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  write_all(fd.get(), "GET / HTTP/1.0\r\n\r\n");
  const std::string answer = read_all(fd.get());
  const std::size_t end_of_head = answer.find("\r\n\r\n");
  require(end_of_head != std::string::npos, "find the body");
  return answer.substr(end_of_head + 4);
}

}  // namespace lesson
