// The least that a server on epoll can do: find the end of a request, answer the same every time. What a real server
// adds to this is what it costs.   usage: epoll_server PORT WORKERS
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n"
    "{\"predictions\":[\"yes\"],\"probabilities\":[[0.25,0.75]],\"n\":10000}";

/// How many whole requests `bytes` begins with, and how long they are together.
std::size_t count_requests(std::string_view bytes, std::size_t& size) {
  std::size_t n = 0;
  for (size = 0;; ++n) {
    const std::string_view rest = bytes.substr(size);
    const std::size_t head = rest.find("\r\n\r\n");
    if (head == std::string_view::npos) return n;
    const std::string_view label = "Content-Length: ";
    const std::size_t at = rest.substr(0, head).find(label);
    const std::size_t body =
        at == std::string_view::npos ? 0 : std::strtoul(rest.data() + at + label.size(), nullptr, 10);
    if (rest.size() < head + 4 + body) return n;
    size += head + 4 + body;
  }
}

bool answer_all(int fd, std::string& bytes) {
  char buffer[65536];
  const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  if (n <= 0) return false;
  bytes.append(buffer, static_cast<std::size_t>(n));
  std::size_t size = 0;
  std::string replies;
  for (std::size_t left = count_requests(bytes, size); left > 0; --left) replies += answer;
  bytes.erase(0, size);
  return send(fd, replies.data(), replies.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(replies.size());
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

[[noreturn]] void serve(int listener) {
  const int epoll = epoll_create1(0);
  watch(epoll, listener);
  std::vector<std::string> bytes(65536);
  while (true) {
    epoll_event events[128];
    const int n = epoll_wait(epoll, events, 128, -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client >= 0) watch(epoll, client);
      } else if (!answer_all(fd, bytes[static_cast<std::size_t>(fd)])) {
        bytes[static_cast<std::size_t>(fd)].clear();
        close(fd);
      }
    }
  }
}

int listen_at(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 2048) != 0) {
    std::perror("epoll_server");
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (int worker = 0; worker < std::atoi(argv[2]); ++worker) {
    const int listener = listen_at(std::atoi(argv[1]));
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(listener);
  }
  while (wait(nullptr) > 0) {
  }
}
