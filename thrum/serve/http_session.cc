#include "thrum/serve/http_session.h"

#include <new>

#include "thrum/serve/refusal_internal.h"

namespace thrum {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t high_water = 64u << 10;     // of unsent replies; above it requests wait
constexpr std::size_t kept_capacity = 64u << 10;  // of the buffer while nothing is unsent

/// What ties the logs of several servers together; a longer one is none.
std::string_view request_id_of(const HttpRequest& request) {
  constexpr std::size_t longest = 128;
  const std::string_view id = request.field("x-request-id");
  return id.size() <= longest ? id : std::string_view();
}

}  // namespace

std::size_t HttpSession::receive(std::string_view bytes) {
  try {
    return take(bytes);
  } catch (const std::bad_alloc&) {
    end_without_memory();
    return bytes.size();
  }
}

std::size_t HttpSession::take(std::string_view bytes) {
  std::string_view rest = bytes;
  const std::size_t n_before = n_requests_;
  Clock::time_point turn_end = {};
  while (!closing_) {
    if (unsent().size() > high_water) return bytes.size() - rest.size();
    const auto [event, consumed] = parser_.parse(rest);
    rest.remove_prefix(consumed);
    switch (event) {
      case HttpParser::Event::need_more:
        return bytes.size();
      case HttpParser::Event::head:
        answer_head(parser_.request(), !rest.empty());
        break;
      case HttpParser::Event::message:
        answer(parser_.request());
        if (n_requests_ == n_before + 1) turn_end = begin_ + context_.turn;
        if (waits_ || begin_ >= turn_end) return bytes.size() - rest.size();
        break;
      case HttpParser::Event::error:
        refuse(parser_.error());
        break;
    }
  }
  return bytes.size();
}

void HttpSession::end_of_input() {
  if (closing_) return;
  if (parser_.finish() == HttpParser::Event::error) {
    refuse(parser_.error());
  } else {
    closing_ = true;
  }
}

void HttpSession::answer_head(const HttpRequest& head, bool body_is_here) {
  if (const HttpResponse* refusal = context_.handler.refuse(head)) {
    ++n_requests_;
    return end_with(*refusal, &head);
  }
  // A client whose body is already here does not wait.
  if (head.expects_continue && !body_is_here) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
}

void HttpSession::answer(const HttpRequest& request) {
  ++n_requests_;
  begin_ = Clock::now();
  if (context_.observer != nullptr) context_.observer->on_request();
  if (!context_.may_wait) return reply(request, context_.handler.handle(request));
  const HttpResponse* response = context_.handler.handle_or_gather(request);
  waits_ = response == nullptr;
  if (!waits_) return reply(request, *response);
  ticket_ = context_.handler.ticket();
}

void HttpSession::answer_gathered(std::size_t index) {
  end_wait(context_.handler.gathered_answer(index, parser_.request()));
}

void HttpSession::answer_postponed() {
  const HttpResponse* response = context_.handler.postponed_answer(ticket_, parser_.request());
  if (response != nullptr) end_wait(*response);
}

void HttpSession::end_wait(const HttpResponse& response) {
  waits_ = false;
  try {
    reply(parser_.request(), response);
  } catch (const std::bad_alloc&) {
    end_without_memory();
  }
}

void HttpSession::reply(const HttpRequest& request, const HttpResponse& response) {
  closing_ = !request.keep_alive || context_.draining;
  ReplyMode mode;
  mode.body = request.method != HttpMethod::head;
  mode.close = closing_;
  mode.keep_alive = request.minor_version == 0;
  mode.request_id = request_id_of(request);
  write(response, mode);
  observe(&request, response, Clock::now() - begin_);
}

/// The whole reply, or nothing of it.
void HttpSession::write(const HttpResponse& response, const ReplyMode& mode) {
  const std::size_t n_before = output_.size();
  try {
    context_.writer.write(output_, response, mode);
  } catch (...) {
    output_.resize(n_before);
    throw;
  }
}

/// What is left of the request is not read: it may be what there is no memory for.
void HttpSession::end_without_memory() {
  parser_.give_up();
  end_with(serving::response_for_want_of_memory(), nullptr);
}

void HttpSession::observe(const HttpRequest* request, const HttpResponse& response, std::chrono::nanoseconds time) {
  if (context_.observer == nullptr) return;
  try {
    context_.observer->on_answer({request, response, peer_, time});
  } catch (const std::bad_alloc&) {  // a line of a log is not worth a reply
  }
}

void HttpSession::refuse(const HttpError& error, int retry_after) {
  HttpResponse response = error_response(error);
  response.retry_after = retry_after;
  end_with(response, nullptr);
}

void HttpSession::end_with(const HttpResponse& response, const HttpRequest* request) {
  closing_ = true;
  ReplyMode mode;
  mode.body = request == nullptr || request->method != HttpMethod::head;
  mode.close = true;
  write(response, mode);
  observe(request, response, {});
}

HttpSession::Phase HttpSession::phase() const noexcept {
  if (closing_) return Phase::closing;
  if (parser_.between_requests()) return Phase::idle;
  return parser_.in_body() ? Phase::body : Phase::head;
}

void HttpSession::sent(std::size_t n) noexcept {
  sent_ += n;
  if (sent_ < output_.size()) return;
  sent_ = 0;
  if (output_.capacity() > kept_capacity) {
    output_ = std::string();
  } else {
    output_.clear();
  }
}

}  // namespace thrum
