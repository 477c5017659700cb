#pragma once

#include <cstddef>

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"

namespace thrum {

/// Answers requests, one at a time. Not thread-safe: each worker has its own.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// Valid until the next call. What goes wrong becomes a response; nothing is thrown.
  virtual const HttpResponse& handle(const HttpRequest& request) noexcept = 0;

  /// Asked in place of handle() by a worker that predicts for several requests at once: nullptr where the answer is
  /// among those that predict_gathered() finds.
  virtual const HttpResponse* handle_or_gather(const HttpRequest& request) noexcept { return &handle(request); }
  /// Answers all that handle_or_gather() took since the last call.
  virtual void predict_gathered() noexcept {}
  /// The answer to the `index`-th of them, given its request again. Valid until the next call.
  virtual const HttpResponse& gathered_answer(std::size_t index, const HttpRequest& request) noexcept {
    static_cast<void>(index);
    return handle(request);
  }

  /// Asked when the head of a request is there, before its body: what the client gets instead of an answer, and then
  /// the connection ends; nullptr lets it go on. Valid until the next call.
  virtual const HttpResponse* refuse(const HttpRequest&) noexcept { return nullptr; }

  /// The worker ends soon: who asks whether it is ready is told no.
  virtual void set_draining() noexcept {}
};

}  // namespace thrum
