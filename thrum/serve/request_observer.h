#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"

namespace thrum {

/// Sees the requests of a worker, for counters and logs. Not thread-safe.
class RequestObserver {
 public:
  /// A reply, and what it answers.
  struct Answer {
    const HttpRequest* request = nullptr;  ///< null for bytes that are none
    const HttpResponse& response;
    std::string_view peer;            ///< the client's address, "" behind a Unix socket
    std::chrono::nanoseconds time{};  ///< from the whole request to the reply
  };

  virtual ~RequestObserver() = default;

  /// A request is there, and goes to its handler.
  virtual void on_request() noexcept = 0;
  /// Its reply is ready to be sent; also for what is refused, without an on_request before. May throw std::bad_alloc.
  virtual void on_answer(const Answer& answer) = 0;
};

}  // namespace thrum
