#include "thrum/serve/connection_internal.h"

#include <sys/socket.h>

#include <cerrno>

namespace thrum::serving {

void Connection::on_readable(std::span<char> buffer, Clock::time_point now) {
  const ssize_t n = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) {
    is_over_ = true;
  } else if (n == 0) {
    session_.end_of_input();
    flush();
    if (is_ended_) is_over_ = true;
  } else if (!is_ended_) {
    receive({buffer.data(), static_cast<std::size_t>(n)});
    flush();
  }
  settle(now);
}

void Connection::on_writable(Clock::time_point now) {
  flush();
  settle(now);
}

void Connection::refuse(const HttpError& error, int retry_after, Clock::time_point now) {
  session_.refuse(error, retry_after);
  flush();
  settle(now);
}

void Connection::end(Clock::time_point now) {
  if (!is_ended_ && shutdown(socket_.get(), SHUT_WR) != 0) is_over_ = true;
  is_ended_ = true;
  settle(now);
}

void Connection::answer_gathered(std::size_t index, Clock::time_point now) {
  session_.answer_gathered(index);
  flush();
  settle(now);
}

void Connection::answer_postponed(Clock::time_point now) {
  session_.answer_postponed();
  flush();
  settle(now);
}

/// A request that waits is read where it lies: not in the buffer that all share.
void Connection::receive(std::string_view bytes) {
  if (!may_wait_) bytes.remove_prefix(session_.receive(bytes));
  held_.assign(bytes);
  n_taken_ = 0;
  if (may_wait_) take_held();
}

void Connection::take_held() {
  n_taken_ += session_.receive(std::string_view(held_).substr(n_taken_));
}

/// Sends what there is, and goes on with the requests that waited for it.
void Connection::flush() {
  if (!is_over_ && send_unsent() && !session_.waits() && has_held()) {
    take_held();
    send_unsent();
  }
  if (is_over_ || is_ended_ || !session_.unsent().empty() || session_.phase() != HttpSession::Phase::closing) return;
  // The client may still be sending. Closing now would reset the connection, and the reply with it.
  is_ended_ = true;
  if (shutdown(socket_.get(), SHUT_WR) != 0) is_over_ = true;
}

/// False where the client does not take it all now.
bool Connection::send_unsent() {
  while (!session_.unsent().empty()) {
    const std::string_view unsent = session_.unsent();
    const ssize_t n = send(socket_.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      session_.sent(static_cast<std::size_t>(n));
      n_sent_ += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      is_over_ = errno != EAGAIN;
      return false;
    }
  }
  return true;
}

void Connection::settle(Clock::time_point now) {
  Wait wait = Wait::nothing;
  if (is_over_) {
    wait = Wait::nothing;
  } else if (is_ended_) {
    wait = Wait::client_closes;
  } else if (session_.waits()) {
    wait = session_.ticket() == 0 ? Wait::others : Wait::answer;
  } else if (!session_.unsent().empty() || has_held()) {
    wait = Wait::client_reads;
  } else if (session_.phase() == HttpSession::Phase::idle) {
    wait = Wait::request;
  } else {
    wait = session_.phase() == HttpSession::Phase::body ? Wait::body : Wait::head;
  }
  const bool was_idle = wait_ == Wait::request;
  const bool is_next = session_.n_requests() != n_settled_ && session_.unsent().empty();
  if (was_idle || is_next) begin_ = now;
  const bool has_moved = wait != wait_ || session_.n_requests() != n_settled_ || n_sent_ > 0;
  wait_ = wait;
  if (!has_moved) return;
  since_ = now;
  n_settled_ = session_.n_requests();
  n_sent_ = 0;
}

}  // namespace thrum::serving
