#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "thrum/serve/http_parser.h"
#include "thrum/serve/http_response.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/request_observer.h"

namespace thrum {

/// One connection without its socket: the client's bytes in, the server's bytes out. Requests are answered in their
/// order; after an error, or a reply that closes, nothing more is read. Not thread-safe.
class HttpSession {
 public:
  /// What the sessions of one worker share.
  struct Context {
    RequestHandler& handler;
    HttpLimits limits = {};
    HttpResponseWriter writer = HttpResponseWriter();
    bool draining = false;  ///< every reply closes its connection
    RequestObserver* observer = nullptr;
    bool may_wait = false;              ///< not every request is answered at once
    std::chrono::milliseconds turn{1};  ///< in which a session begins answers; then others are due
  };

  enum class Phase { idle, head, body, closing };

  /// `context` must outlive the session. `peer`: what the observer is told of the client.
  explicit HttpSession(Context& context, std::string peer = "")
      : context_(context), parser_(context.limits), peer_(std::move(peer)) {}

  /// Answers what it can of `bytes` and returns how many it took: all of them, or fewer while the client does not read
  /// the replies, and when it has answered for so long that other clients are due; then the others are presented again.
  /// Where a request waits for others, `bytes` must stay as they are
  /// until it is answered. For want of memory the session ends with a 503; throws std::bad_alloc where there is none
  /// for that either.
  std::size_t receive(std::string_view bytes);

  /// A request was gathered: nothing more is taken until answer_gathered().
  bool waits() const noexcept { return waits_; }
  /// Replies with the handler's answer to the `index`-th request. REQUIRES: waits(). Throws as receive().
  void answer_gathered(std::size_t index);
  /// The number under which the handler will have the answer; 0: it is among those that it gathers. REQUIRES: waits().
  std::uint64_t ticket() const noexcept { return ticket_; }
  /// Replies if the handler has the answer by now. REQUIRES: waits(), and a ticket. Throws as receive().
  void answer_postponed();

  /// The client sends no more.
  void end_of_input();

  /// Ends the session with a reply that nobody asked for, such as 408 or 503.
  void refuse(const HttpError& error, int retry_after = 0);

  Phase phase() const noexcept;
  std::size_t n_requests() const noexcept { return n_requests_; }

  std::string_view unsent() const noexcept { return std::string_view(output_).substr(sent_); }
  /// `n` bytes of unsent() are on their way.
  void sent(std::size_t n) noexcept;

 private:
  std::size_t take(std::string_view bytes);
  void answer(const HttpRequest& request);
  void write(const HttpResponse& response, const ReplyMode& mode);
  void end_wait(const HttpResponse& response);
  void end_without_memory();
  void reply(const HttpRequest& request, const HttpResponse& response);
  void answer_head(const HttpRequest& head, bool body_is_here);
  void end_with(const HttpResponse& response, const HttpRequest* request);
  void observe(const HttpRequest* request, const HttpResponse& response, std::chrono::nanoseconds time);

  Context& context_;
  HttpParser parser_;
  std::string peer_;
  std::string output_;
  std::size_t sent_ = 0;
  std::size_t n_requests_ = 0;
  std::chrono::steady_clock::time_point begin_ = {};  ///< of the request that is being answered
  std::uint64_t ticket_ = 0;
  bool waits_ = false;
  bool closing_ = false;
};

}  // namespace thrum
