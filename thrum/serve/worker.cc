#include "thrum/serve/worker_internal.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/core/random.h"
#include "thrum/serve/access_gate_internal.h"
#include "thrum/serve/listener_internal.h"

namespace thrum::serving {
namespace {

using std::chrono::milliseconds;

constexpr Clock::duration linger = std::chrono::seconds(1);  // for a client to close after we have
constexpr Clock::duration grace = std::chrono::seconds(1);   // for a request on its way to an idle connection
constexpr std::size_t most_lingering = 256;                  // connections beyond the limit that get a 503
constexpr Clock::duration next_look = milliseconds(10);      // for an answer that is known later
constexpr std::uint32_t not_watched = ~std::uint32_t{0};

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::io, std::string("[serve] ") + what + ": " + std::generic_category().message(errno));
}

Clock::duration in_clock(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// Often enough that the shortest deadline is kept to a quarter of it.
Clock::duration tick_of(const ServeOptions& options) {
  double shortest = std::min({options.keep_alive, options.header_timeout, options.body_timeout});
  if (options.request_timeout > 0) shortest = std::min(shortest, options.request_timeout);
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

/// With a little chance in it: not all workers are replaced at once.
std::uint64_t most_requests_of(const ServeOptions& options) {
  if (options.max_requests == 0) return std::numeric_limits<std::uint64_t>::max();
  const Random random(static_cast<std::uint64_t>(getpid()));
  const auto jitter = random.below(0, static_cast<std::uint64_t>(options.max_requests_jitter) + 1);
  return static_cast<std::uint64_t>(options.max_requests) + jitter;
}

/// Whether answers may come later: where requests gather, or an administrator changes what is served.
bool may_wait(const ServeOptions& options) {
  return options.batch_max_size > 1 || (!options.admin_token_file.empty() && !options.model_repository.empty());
}

std::optional<std::string> access_format(const ServeOptions& options) {
  return options.access_logfile.empty() ? std::nullopt : std::optional(options.access_logformat);
}

}  // namespace

Worker::Worker(WorkerPlace place, RequestHandler& handler, const ServeOptions& options)
    : place_(std::move(place)),
      options_(options),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      log_epoch_(place_.board.head().log_epoch),  // before the files are opened
      files_(options),
      log_(place_.seat, place_.board.routes(), handler, access_format(options)),
      handler_(handler),
      context_{handler, limits_of(options), HttpResponseWriter(cors_fields(options.cors_origin))},
      buffer_(64u << 10),
      now_(Clock::now()),
      next_sweep_(now_),
      tick_(tick_of(options)),
      drain_begin_(Clock::time_point::min()),
      drain_end_(Clock::time_point::max()),
      most_requests_(most_requests_of(options)) {
  if (!epoll_) fail("cannot make an event loop");
  context_.observer = &log_;
  context_.may_wait = may_wait(options);
  gathered_.reserve(static_cast<std::size_t>(std::max(options.batch_max_size, 1)));
  watch(place_.signals.fd(), EPOLLIN, EPOLL_CTL_ADD);
  listen(true);
}

void Worker::run() {
  place_.seat.ready_pid.store(getpid(), std::memory_order_release);
  ring();
  std::array<epoll_event, 128> events;
  while (!is_stopped_) {
    const int n = wait_for_events(events);
    if (n < 0 && errno != EINTR) fail("cannot wait for events");
    now_ = Clock::now();
    place_.seat.heartbeat_ns.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
    for (int i = 0; i < n; ++i) on_event(events[i].data.fd, events[i].events);
    while (is_batch_due()) answer_gathered();
    answer_postponed();
    if (log_.n_requests() >= most_requests_ && !is_draining()) {
      log(LogLevel::info, "Autorestarting worker after current request.");
      begin_drain();
    }
    if (now_ >= next_sweep_) sweep();
    log_.flush(files_.access_fd());
  }
}

/// Until something is due: the next sweep, or the answer to those that were gathered.
int Worker::wait_for_events(std::span<epoll_event> events) const {
  const auto n = static_cast<int>(events.size());
  if (gathered_.empty()) {
    const auto next = postponed_.empty() ? next_sweep_ : std::min(next_sweep_, now_ + next_look);
    const auto wait = std::chrono::ceil<milliseconds>(std::max(next - now_, Clock::duration::zero()));
    return epoll_wait(epoll_.get(), events.data(), n, static_cast<int>(wait.count()));
  }
  const auto left = gathered_since_ + std::chrono::microseconds(options_.batch_max_delay_us) - Clock::now();
  const timespec wait{0, std::max(std::chrono::nanoseconds(left).count(), std::int64_t{0})};
  return epoll_pwait2(epoll_.get(), events.data(), n, &wait, nullptr);
}

/// Without a delay, those of one turn of the loop.
bool Worker::is_batch_due() const noexcept {
  if (gathered_.empty()) return false;
  const bool is_full = gathered_.size() >= static_cast<std::size_t>(options_.batch_max_size);
  return is_full || Clock::now() - gathered_since_ >= std::chrono::microseconds(options_.batch_max_delay_us);
}

/// A connection whose next request is here already waits again.
void Worker::answer_gathered() {
  handler_.predict_gathered();
  std::swap(answered_, gathered_);
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    Connection& connection = *connections_[answered_[i]];
    proceed(answered_[i], [&] { connection.answer_gathered(i, now_); });
  }
  answered_.clear();
}

/// One whose answer is not known yet goes on waiting.
void Worker::answer_postponed() {
  for (const int fd : std::exchange(postponed_, {})) {
    proceed(fd, [&] { connections_[fd]->answer_postponed(now_); });
  }
}

/// The worker lives on where there is no memory for a connection, not even for words of refusal.
template <class Step>
void Worker::proceed(int fd, Step step) {
  try {
    step();
    update(*connections_[fd]);
  } catch (const std::bad_alloc&) {
    drop(fd);
    log(LogLevel::error, "Out of memory");
  }
}

/// The supervisor looks what is new at this worker's seat.
void Worker::ring() const noexcept {
  const std::uint64_t once = 1;
  [[maybe_unused]] const ssize_t n = write(place_.doorbell, &once, sizeof once);
}

void Worker::reopen_logs() {
  log_.flush(files_.access_fd());
  log_epoch_ = place_.board.head().log_epoch;
  files_.reopen();
}

bool Worker::is_listener(int fd) const noexcept {
  return std::ranges::any_of(place_.listeners, [fd](const UniqueFd& listener) { return listener.get() == fd; });
}

/// A connection wakes one of those who share a socket.
void Worker::listen(bool on) {
  if (is_listening_ == on) return;
  is_listening_ = on;
  for (const UniqueFd& listener : place_.listeners) {
    watch(listener.get(), EPOLLIN | EPOLLEXCLUSIVE, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
  }
}

void Worker::watch(int fd, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), operation, fd, &event) != 0) fail("cannot watch a socket");
}

/// A client that has gone would be told of again and again.
void Worker::unwatch(int fd) {
  if (watched_[fd] != not_watched) watch(fd, 0, EPOLL_CTL_DEL);
  watched_[fd] = not_watched;
}

void Worker::on_event(int fd, std::uint32_t events) {
  if (fd == place_.signals.fd()) return on_signal();
  if (is_listener(fd)) return accept_at(fd);
  Connection* connection = connections_[fd].get();
  if (connection == nullptr) return;
  if (connection->wait() == Connection::Wait::others) return unwatch(fd);  // it may say more when it is answered
  proceed(fd, [&] { on_event(*connection, events); });
  if (gathered_.size() >= static_cast<std::size_t>(options_.batch_max_size) && is_batch_due()) answer_gathered();
}

void Worker::on_event(Connection& connection, std::uint32_t events) {
  if (connection.wait() == Connection::Wait::client_reads) {
    connection.on_writable(now_);
  } else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    connection.on_readable(buffer_, now_);
  }
}

void Worker::on_signal() {
  while (const auto signal = place_.signals.next()) {
    if (*signal == SIGUSR1) {
      reopen_logs();
    } else if (*signal != SIGTERM) {
      is_stopped_ = true;
    } else if (!is_draining()) {
      begin_drain();
    }
  }
}

/// All that wait, or one at a time where other workers share them.
void Worker::accept_at(int listener) {
  const bool is_shared = is_shared_socket(listener);
  while (accept_one(listener) && !is_shared) {
  }
}

/// False where none waits.
bool Worker::accept_one(int listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  UniqueFd socket(accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) {
    try {
      admit(std::move(socket), peer);
    } catch (const std::bad_alloc&) {
      log(LogLevel::error, "Out of memory");  // for this client
    }
    return true;
  }
  if (errno == EAGAIN || errno == EINVAL) return false;
  if (errno == ECONNABORTED || errno == EINTR) return true;
  log(LogLevel::error, "Cannot accept a connection: " + std::generic_category().message(errno));
  listen(false);  // until the next sweep: the event would come back at once
  return false;
}

void Worker::admit(UniqueFd socket, const sockaddr_storage& peer) {
  const int fd = socket.get();
  const auto limit = static_cast<std::size_t>(options_.worker_connections);
  if (n_connections_ >= limit) count_end(ConnectionEnd::limit);
  if (n_connections_ >= limit + most_lingering) return;
  if (connections_.size() <= static_cast<std::size_t>(fd)) {
    watched_.resize(fd + 1);
    connections_.resize(fd + 1);
  }
  connections_[fd] = std::make_unique<Connection>(std::move(socket), context_, peer_text(peer), now_);
  watched_[fd] = EPOLLIN;
  watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  ++n_connections_;
  place_.seat.connections.add();
  if (n_connections_ <= limit) return;
  connections_[fd]->refuse(HttpError(503, "[serve] all connections of this worker are in use", "try again"), 1, now_);
  update(*connections_[fd]);
}

void Worker::update(Connection& connection) {
  const int fd = connection.fd();
  if (connection.wait() == Connection::Wait::nothing) return drop(fd);
  if (connection.wait() == Connection::Wait::others) {
    if (gathered_.empty()) gathered_since_ = now_;
    gathered_.push_back(fd);
    return;
  }
  if (connection.wait() == Connection::Wait::answer) {
    postponed_.push_back(fd);
    return unwatch(fd);
  }
  const std::uint32_t events = connection.wait() == Connection::Wait::client_reads ? EPOLLOUT : EPOLLIN;
  if (watched_[fd] == events) return;
  watch(fd, events, watched_[fd] == not_watched ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
  watched_[fd] = events;
}

void Worker::drop(int fd) {
  connections_[fd].reset();
  --n_connections_;
  place_.seat.connections.subtract();
  if (n_connections_ == 0 && is_draining()) is_stopped_ = true;
}

/// Nothing that waits to be accepted is lost; what comes later waits for the next worker of this place, or is refused
/// where there will be none.
void Worker::begin_drain() {
  drain_begin_ = now_;
  drain_end_ = now_ + in_clock(options_.graceful_timeout);
  context_.draining = true;
  handler_.set_draining();
  const bool is_end = place_.board.head().is_stopping.load(std::memory_order_acquire);
  for (const UniqueFd& listener : place_.listeners) {
    for (int i = 0; i < options_.backlog && accept_one(listener.get()); ++i) {
    }
    if (is_end) shutdown(listener.get(), SHUT_RDWR);
  }
  listen(false);
  if (n_connections_ == 0) is_stopped_ = true;
  next_sweep_ = now_;
  place_.seat.is_leaving.store(true, std::memory_order_release);
  ring();
}

/// Who waits for an answer is not left without a word.
void Worker::end() {
  handler_.set_ending();
  answer_postponed();
  is_stopped_ = true;
}

void Worker::sweep() {
  next_sweep_ = now_ + tick_;
  if (!is_draining()) listen(true);
  if (place_.board.head().log_epoch != log_epoch_) reopen_logs();
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    if (connections_[fd]) check_deadline(*connections_[fd]);
  }
  if (now_ >= drain_end_) end();
  if (getppid() != place_.supervisor) is_stopped_ = true;
}

void Worker::check_deadline(Connection& connection) {
  if (!is_overdue(connection)) return;
  switch (connection.wait()) {
    case Connection::Wait::request:
      return proceed(connection.fd(), [&] { connection.end(now_); });
    case Connection::Wait::head:
      count_end(ConnectionEnd::head_timeout);
      return refuse_late(connection, "[serve] the head of the request did not come in time");
    case Connection::Wait::body:
      count_end(ConnectionEnd::body_timeout);
      return refuse_late(connection, "[serve] the body of the request did not come in time");
    case Connection::Wait::others:
    case Connection::Wait::answer:
      return;
    case Connection::Wait::client_reads:
      count_end(ConnectionEnd::reply_timeout);
      return drop(connection.fd());
    case Connection::Wait::client_closes:
    case Connection::Wait::nothing:
      return drop(connection.fd());
  }
}

void Worker::count_end(ConnectionEnd reason) noexcept {
  place_.seat.ended[static_cast<std::size_t>(reason)].add();
}

void Worker::refuse_late(Connection& connection, const char* what) {
  proceed(connection.fd(), [&] { connection.refuse(HttpError(408, what), 0, now_); });
}

bool Worker::is_overdue(const Connection& connection) const {
  const bool is_idle = connection.wait() == Connection::Wait::request;
  const auto since = is_idle ? std::max(connection.since(), drain_begin_) : connection.since();
  const bool is_limited =
      options_.request_timeout > 0 && !is_idle && connection.wait() != Connection::Wait::client_closes;
  const bool is_late = is_limited && now_ - connection.begin() >= in_clock(options_.request_timeout);
  return is_late || now_ - since >= allowed(connection);
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
    case Connection::Wait::others:
    case Connection::Wait::answer:
    case Connection::Wait::nothing:
      break;
  }
  return Clock::duration::zero();
}

}  // namespace thrum::serving
