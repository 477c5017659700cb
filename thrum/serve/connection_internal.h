#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/http_session.h"

namespace thrum::serving {

using Clock = std::chrono::steady_clock;

/// A client's socket and its session. It never blocks. Not thread-safe.
class Connection {
 public:
  /// What it waits for, each with a deadline of its own.
  enum class Wait {
    request,        ///< the first byte of one
    head,           ///< the rest of a head
    body,           ///< the rest of a body
    others,         ///< requests to be answered together with
    answer,         ///< what the handler will know later
    client_reads,   ///< room for the replies, or its next turn
    client_closes,  ///< we have said that nothing more comes
    nothing,        ///< it is over
  };

  Connection(UniqueFd socket, HttpSession::Context& context, std::string peer, Clock::time_point now)
      : socket_(std::move(socket)), session_(context, std::move(peer)), may_wait_(context.may_wait), since_(now) {}

  /// Reads at most a `buffer` and answers. The buffer may be shared by all connections.
  void on_readable(std::span<char> buffer, Clock::time_point now);
  void on_writable(Clock::time_point now);
  /// The handler has answered the gathered requests; ours is the `index`-th. REQUIRES: wait() is others.
  void answer_gathered(std::size_t index, Clock::time_point now);
  /// Replies where the handler has the answer by now. REQUIRES: wait() is answer.
  void answer_postponed(Clock::time_point now);
  /// Replies with the error and ends.
  void refuse(const HttpError& error, int retry_after, Clock::time_point now);
  /// Ends an idle connection: no reply of ours is lost, whatever the client sends meanwhile.
  void end(Clock::time_point now);

  int fd() const noexcept { return socket_.get(); }
  Wait wait() const noexcept { return wait_; }
  Clock::time_point since() const noexcept { return since_; }  ///< it waits for this
  Clock::time_point begin() const noexcept { return begin_; }  ///< of the request, unless it waits for one
  bool has_served() const noexcept { return session_.n_requests() > 0; }

 private:
  void receive(std::string_view bytes);
  void take_held();
  bool has_held() const noexcept { return n_taken_ < held_.size() && session_.phase() != HttpSession::Phase::closing; }
  void flush();
  bool send_unsent();
  void settle(Clock::time_point now);

  UniqueFd socket_;
  HttpSession session_;
  std::string held_;         ///< bytes that the session has not done with
  std::size_t n_taken_ = 0;  ///< of them
  bool may_wait_;
  Wait wait_ = Wait::request;
  Clock::time_point since_;
  Clock::time_point begin_ = since_;
  std::size_t n_settled_ = 0;  ///< requests at the last change of since_
  std::size_t n_sent_ = 0;     ///< bytes since then
  bool is_ended_ = false;      ///< we have shut down our side
  bool is_over_ = false;
};

}  // namespace thrum::serving
