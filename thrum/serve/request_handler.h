#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"

namespace thrum {

/// Answers requests, one at a time. Not thread-safe: each worker has its own.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// Valid until the next call. What goes wrong becomes a response; nothing is thrown.
  virtual const HttpResponse& handle(const HttpRequest& request) noexcept = 0;

  /// Asked in place of handle() by a worker where requests may wait: nullptr where the answer comes later.
  virtual const HttpResponse* handle_or_gather(const HttpRequest& request) noexcept { return &handle(request); }

  /// Of the request that was just told to wait: 0 where its answer is among those that predict_gathered() finds, else
  /// the number under which postponed_answer() will have it.
  virtual std::uint64_t ticket() const noexcept { return 0; }
  /// nullptr where it is not known yet. Valid until the next call.
  virtual const HttpResponse* postponed_answer(std::uint64_t /*ticket*/, const HttpRequest& request) noexcept {
    return &handle(request);
  }

  /// Answers all that handle_or_gather() gathered since the last call.
  virtual void predict_gathered() noexcept {}
  /// The answer to the `index`-th of them, given its request again. Valid until the next call.
  virtual const HttpResponse& gathered_answer(std::size_t index, const HttpRequest& request) noexcept {
    static_cast<void>(index);
    return handle(request);
  }

  /// Asked when the head of a request is there, before its body: what the client gets instead of an answer, and then
  /// the connection ends; nullptr lets it go on. Valid until the next call.
  virtual const HttpResponse* refuse(const HttpRequest&) noexcept { return nullptr; }

  /// The pattern of the route that answers `path`, for those who count; "" where there is none. Valid as long as the
  /// handler.
  virtual std::string_view route_of(std::string_view /*path*/) const { return {}; }

  /// The worker ends soon: who asks whether it is ready is told no.
  virtual void set_draining() noexcept {}
  /// The worker ends: what postponed_answer() does not know now, it says, will not be known.
  virtual void set_ending() noexcept {}
};

}  // namespace thrum
