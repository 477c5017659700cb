#include "thrum/serve/worker_internal.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/serve/access_gate_internal.h"
#include "thrum/serve/listener_internal.h"

namespace thrum::serving {
namespace {

using std::chrono::milliseconds;

constexpr Clock::duration linger = std::chrono::seconds(1);  // for a client to close after we have
constexpr Clock::duration grace = std::chrono::seconds(1);   // for a request on its way to an idle connection
constexpr std::size_t most_lingering = 256;                  // connections beyond the limit that get a 503

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::io, std::string("[serve] ") + what + ": " + std::generic_category().message(errno));
}

Clock::duration in_clock(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// Often enough that the shortest deadline is kept to a quarter of it.
Clock::duration tick_of(const ServeOptions& options) {
  const double shortest = std::min({options.keep_alive, options.header_timeout, options.body_timeout});
  return std::clamp<Clock::duration>(in_clock(shortest / 4), milliseconds(5), milliseconds(250));
}

HttpLimits limits_of(const ServeOptions& options) {
  HttpLimits limits;
  limits.request_line = options.limit_request_line;
  limits.fields = options.limit_request_fields;
  limits.field_size = options.limit_request_field_size;
  limits.body = options.limit_request_body;
  return limits;
}

UniqueFd signal_fd() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

Worker::Worker(UniqueFd listener, RequestHandler& handler, const ServeOptions& options, Scoreboard& board, Place place)
    : listener_(std::move(listener)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      signals_(signal_fd()),
      options_(options),
      board_(board),
      seat_(board.seat(place.seat)),
      place_(place),
      log_(seat_),
      handler_(handler),
      context_{handler, limits_of(options), HttpResponseWriter(cors_fields(options.cors_origin))},
      buffer_(64u << 10),
      now_(Clock::now()),
      next_sweep_(now_),
      tick_(tick_of(options)),
      drain_begin_(Clock::time_point::min()),
      drain_end_(Clock::time_point::max()) {
  context_.observer = &log_;
  if (!epoll_ || !signals_) fail("cannot make an event loop");
  watch(signals_.get(), EPOLLIN, EPOLL_CTL_ADD);
  watch(listener_.get(), EPOLLIN, EPOLL_CTL_ADD);
}

void Worker::run() {
  seat_.ready_pid.store(getpid(), std::memory_order_release);
  std::array<epoll_event, 128> events;
  while (!is_stopped_) {
    const auto wait = std::chrono::ceil<milliseconds>(std::max(next_sweep_ - now_, Clock::duration::zero()));
    const int n = epoll_wait(epoll_.get(), events.data(), events.size(), static_cast<int>(wait.count()));
    if (n < 0 && errno != EINTR) fail("cannot wait for events");
    now_ = Clock::now();
    seat_.heartbeat_ns.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
    for (int i = 0; i < n; ++i) on_event(events[i].data.fd, events[i].events);
    if (now_ >= next_sweep_) sweep();
  }
}

void Worker::watch(int fd, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), operation, fd, &event) != 0) fail("cannot watch a socket");
}

void Worker::on_event(int fd, std::uint32_t events) {
  if (fd == signals_.get()) return on_signal();
  if (fd == listener_.get()) return accept_all();
  Connection* connection = connections_[fd].get();
  if (connection == nullptr) return;
  if (connection->wait() == Connection::Wait::client_reads) {
    connection->on_writable(now_);
  } else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    connection->on_readable(buffer_, now_);
  }
  update(*connection);
}

void Worker::on_signal() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGTERM) {
      is_stopped_ = true;
    } else if (drain_end_ == Clock::time_point::max()) {
      begin_drain();
    }
  }
}

void Worker::accept_all() {
  while (true) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd socket(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      admit(std::move(socket), peer);
    } else if (errno == EAGAIN || errno == EINVAL) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      log(LogLevel::error, "Cannot accept a connection: " + std::generic_category().message(errno));
      is_accepting_ = false;  // until the next sweep: the event would come back at once
      watch(listener_.get(), 0, EPOLL_CTL_MOD);
      return;
    }
  }
}

void Worker::admit(UniqueFd socket, const sockaddr_storage& peer) {
  const int fd = socket.get();
  const auto limit = static_cast<std::size_t>(options_.worker_connections);
  if (n_connections_ >= limit + most_lingering) return;
  if (connections_.size() <= static_cast<std::size_t>(fd)) {
    connections_.resize(fd + 1);
    watched_.resize(fd + 1);
  }
  connections_[fd] = std::make_unique<Connection>(std::move(socket), context_, peer_text(peer), now_);
  watched_[fd] = EPOLLIN;
  watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  ++n_connections_;
  seat_.connections.add();
  if (n_connections_ <= limit) return;
  connections_[fd]->refuse(HttpError(503, "[serve] all connections of this worker are in use", "try again"), 1, now_);
  update(*connections_[fd]);
}

void Worker::update(Connection& connection) {
  const int fd = connection.fd();
  if (connection.wait() == Connection::Wait::nothing) return drop(fd);
  const std::uint32_t events = connection.wait() == Connection::Wait::client_reads ? EPOLLOUT : EPOLLIN;
  if (watched_[fd] == events) return;
  watched_[fd] = events;
  watch(fd, events, EPOLL_CTL_MOD);
}

void Worker::drop(int fd) {
  connections_[fd].reset();
  --n_connections_;
  seat_.connections.subtract();
  if (n_connections_ == 0 && drain_end_ != Clock::time_point::max()) is_stopped_ = true;
}

/// Nothing that waits to be accepted is lost; what comes later waits for the next worker of this slot, or is refused
/// where there will be none.
void Worker::begin_drain() {
  drain_begin_ = now_;
  drain_end_ = now_ + in_clock(options_.graceful_timeout);
  context_.draining = true;
  handler_.set_draining();
  accept_all();
  watch(listener_.get(), 0, EPOLL_CTL_DEL);
  is_accepting_ = true;
  if (board_.head().is_stopping.load(std::memory_order_acquire)) shutdown(listener_.get(), SHUT_RDWR);
  if (n_connections_ == 0) is_stopped_ = true;
  next_sweep_ = now_;
}

void Worker::sweep() {
  next_sweep_ = now_ + tick_;
  if (!is_accepting_) {
    is_accepting_ = true;
    watch(listener_.get(), EPOLLIN, EPOLL_CTL_MOD);
  }
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    if (connections_[fd]) check_deadline(*connections_[fd]);
  }
  if (now_ >= drain_end_ || getppid() != place_.supervisor) is_stopped_ = true;
}

void Worker::check_deadline(Connection& connection) {
  const bool is_idle = connection.wait() == Connection::Wait::request;
  const auto since = is_idle ? std::max(connection.since(), drain_begin_) : connection.since();
  if (now_ - since < allowed(connection)) return;
  switch (connection.wait()) {
    case Connection::Wait::request:
      connection.end(now_);
      break;
    case Connection::Wait::head:
      connection.refuse(HttpError(408, "[serve] the head of the request did not come in time"), 0, now_);
      break;
    case Connection::Wait::body:
      connection.refuse(HttpError(408, "[serve] the body of the request did not come in time"), 0, now_);
      break;
    case Connection::Wait::client_reads:
    case Connection::Wait::client_closes:
    case Connection::Wait::nothing:
      return drop(connection.fd());
  }
  update(connection);
}

Clock::duration Worker::allowed(const Connection& connection) const {
  switch (connection.wait()) {
    case Connection::Wait::request: {
      const double seconds = connection.has_served() ? options_.keep_alive : options_.header_timeout;
      return context_.draining ? std::min(grace, in_clock(seconds)) : in_clock(seconds);
    }
    case Connection::Wait::head:
      return in_clock(options_.header_timeout);
    case Connection::Wait::body:
    case Connection::Wait::client_reads:
      return in_clock(options_.body_timeout);
    case Connection::Wait::client_closes:
      return linger;
    case Connection::Wait::nothing:
      break;
  }
  return Clock::duration::zero();
}

}  // namespace thrum::serving
