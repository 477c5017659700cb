#pragma once

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"

namespace thrum {

/// Answers requests, one at a time. Not thread-safe: each worker has its own.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// Valid until the next call. What goes wrong becomes a response; nothing is thrown.
  virtual const HttpResponse& handle(const HttpRequest& request) noexcept = 0;

  /// Asked when the head of a request is there, before its body: what the client gets instead of an answer, and then
  /// the connection ends; nullptr lets it go on. Valid until the next call.
  virtual const HttpResponse* refuse(const HttpRequest&) noexcept { return nullptr; }

  /// The worker ends soon: who asks whether it is ready is told no.
  virtual void set_draining() noexcept {}
};

}  // namespace thrum
