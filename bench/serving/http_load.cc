// Asks a server over and over, and prints one JSON object of what came back.
// usage: http_load PORT CONNECTIONS SECONDS RATE PATH BODY
//
// RATE 0: every connection asks again as soon as it has its answer (closed loop). Otherwise requests are due at this
// many a second whatever the server does (open loop), and time counts from when a request was due: a stall cannot hide.
// Where a connection ends before the first byte of an answer, its request is repeated once, on a new connection, and
// its time goes on; "repeated" counts these. It fails where that happens again, where an answer breaks off, or its
// status is not 200; "hung" are those that nothing came for within 10 s of the end. A connection that ends while
// nothing is asked is made anew, and so is one that is refused.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Plan {
  std::uint16_t port;
  std::size_t connections;
  double seconds;
  double rate;
  std::string request;
};

struct Connection {
  int fd = -1;
  bool asks = false;
  bool is_to_repeat = false;  ///< what it asked last
  bool repeats = false;
  Clock::time_point due;
  std::string answer;
};

/// Where `text`, of small letters, stands in `bytes`, whatever the case of theirs; npos: nowhere.
std::size_t find_ignoring_case(std::string_view bytes, std::string_view text) {
  const auto is_same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  const auto found = std::search(bytes.begin(), bytes.end(), text.begin(), text.end(), is_same);
  return found == bytes.end() ? std::string_view::npos : static_cast<std::size_t>(found - bytes.begin());
}

/// The size of a whole answer at the beginning of `bytes`; 0 where it is not there yet.
std::size_t answer_size(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  const std::string_view label = "\r\ncontent-length: ";
  const std::size_t at = find_ignoring_case(bytes.substr(0, head), label);
  const std::size_t body =
      at == std::string_view::npos ? 0 : std::strtoul(bytes.data() + at + label.size(), nullptr, 10);
  return bytes.size() >= head + 4 + body ? head + 4 + body : 0;
}

class Load {
 public:
  explicit Load(Plan plan) : plan_(std::move(plan)), epoll_(epoll_create1(0)), connections_(plan_.connections) {}

  void run() {
    begin_ = Clock::now();
    end_ = begin_ + std::chrono::duration_cast<Clock::duration>(Seconds(plan_.seconds));
    while (Clock::now() < end_) {
      for (Connection& connection : connections_) attend(connection);
      wait();
    }
    drain();
  }

  std::string json() {
    std::ranges::sort(times_);
    const double seconds = Seconds(Clock::now() - begin_).count();
    return fmt::format(
        R"({{"requests": {}, "failed": {}, "repeated": {}, "hung": {}, "refused": {}, "seconds": {:.3f}, )"
        R"("rate": {:.1f}, "p50": {:.3e}, "p99": {:.3e}, "max": {:.3e}, "unsent": {}}})",
        times_.size(), n_failed_, n_repeated_, n_hung_, n_refused_, seconds,
        static_cast<double>(times_.size()) / plan_.seconds, quantile(0.5), quantile(0.99), quantile(1), n_unsent());
  }

 private:
  bool is_open_loop() const { return plan_.rate > 0; }

  Clock::time_point due(std::size_t request) const {
    return begin_ + std::chrono::duration_cast<Clock::duration>(Seconds(static_cast<double>(request) / plan_.rate));
  }

  /// Requests that were due, but no connection was free for them.
  std::size_t n_unsent() const {
    const auto n_due = static_cast<std::size_t>(plan_.rate * plan_.seconds);
    return n_due - std::min(n_due, n_asked_);
  }

  double quantile(double q) const {
    if (times_.empty()) return 0;
    return times_[std::min(times_.size() - 1, static_cast<std::size_t>(q * static_cast<double>(times_.size())))];
  }

  void attend(Connection& connection) {
    if (connection.asks) return;
    if (connection.is_to_repeat) return repeat(connection);
    if (is_open_loop() && due(n_asked_) > Clock::now()) return;
    if (connection.fd < 0 && !connect_to_server(connection)) return;
    connection.due = is_open_loop() ? due(n_asked_) : Clock::now();
    if (!ask(connection)) return close_connection(connection);  // it had ended already
    ++n_asked_;
  }

  bool ask(Connection& connection) {
    const ssize_t n = send(connection.fd, plan_.request.data(), plan_.request.size(), MSG_NOSIGNAL);
    connection.asks = n == static_cast<ssize_t>(plan_.request.size());
    return connection.asks;
  }

  void repeat(Connection& connection) {
    if (!connect_to_server(connection)) return;
    connection.is_to_repeat = false;
    connection.repeats = true;
    ++n_repeated_;
    if (!ask(connection)) fail(connection);
  }

  bool connect_to_server(Connection& connection) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ++n_refused_;
      close(fd);
      return false;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    connection.fd = fd;
    return true;
  }

  /// Until an answer comes, or a request is due.
  void wait() {
    epoll_event events[256];
    const auto idle = is_open_loop() ? due(n_asked_) - Clock::now() : Clock::duration(std::chrono::milliseconds(1));
    const auto left = std::clamp<Clock::duration>(idle, Clock::duration::zero(), std::chrono::milliseconds(1));
    const timespec timeout{0, std::chrono::nanoseconds(left).count()};
    const int n = epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
    for (int i = 0; i < n; ++i) hear(*static_cast<Connection*>(events[i].data.ptr));
  }

  void hear(Connection& connection) {
    char buffer[65536];
    const ssize_t n = recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0) return close_connection(connection);
    connection.answer.append(buffer, static_cast<std::size_t>(n));
    const std::size_t size = answer_size(connection.answer);
    if (size == 0) return;
    times_.push_back(Seconds(Clock::now() - connection.due).count());
    if (connection.answer.compare(9, 3, "200") != 0) ++n_failed_;
    connection.asks = connection.repeats = false;
    const bool closes =
        find_ignoring_case(std::string_view(connection.answer).substr(0, size), "\r\nconnection: close\r\n") < size;
    connection.answer.erase(0, size);
    if (closes) close_connection(connection);
  }

  void close_connection(Connection& connection) {
    if (!connection.asks) return forget(connection);
    if (connection.repeats || !connection.answer.empty()) return fail(connection);
    const Clock::time_point due = connection.due;
    forget(connection);
    connection.due = due;
    connection.is_to_repeat = true;
  }

  void fail(Connection& connection) {
    ++n_failed_;
    forget(connection);
  }

  static void forget(Connection& connection) {
    close(connection.fd);
    connection = {};
  }

  /// What was asked is answered, or fails.
  void drain() {
    const auto patience = Clock::now() + std::chrono::seconds(10);
    const auto waits = [](const Connection& connection) { return connection.asks || connection.is_to_repeat; };
    while (std::ranges::any_of(connections_, waits) && Clock::now() < patience) {
      for (Connection& connection : connections_) {
        if (connection.is_to_repeat) repeat(connection);
      }
      wait();
    }
    n_hung_ = static_cast<std::size_t>(std::ranges::count_if(connections_, waits));
    n_failed_ += n_hung_;
  }

  Plan plan_;
  int epoll_;
  std::vector<Connection> connections_;
  Clock::time_point begin_;
  Clock::time_point end_;
  std::size_t n_asked_ = 0;
  std::size_t n_failed_ = 0;
  std::size_t n_repeated_ = 0;
  std::size_t n_hung_ = 0;
  std::size_t n_refused_ = 0;
  std::vector<double> times_;
};

Plan plan_of(char** words) {
  const std::string body = words[6];
  return {static_cast<std::uint16_t>(std::atoi(words[1])), std::strtoul(words[2], nullptr, 10), std::atof(words[3]),
          std::atof(words[4]),
          fmt::format(
              "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
              words[5], body.size(), body)};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    fmt::print(stderr, "usage: http_load PORT CONNECTIONS SECONDS RATE PATH BODY\n");
    return 2;
  }
  Load load(plan_of(argv));
  load.run();
  fmt::print("{}\n", load.json());
}
