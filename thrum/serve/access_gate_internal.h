#pragma once

#include <memory>
#include <string>

#include "thrum/serve/access_internal.h"
#include "thrum/serve/request_handler.h"

namespace thrum::serving {

/// Lets through to a handler who may ask it, and tells browsers what pages of `cors_origin` may do ("": nothing).
class AccessGate : public RequestHandler {
 public:
  AccessGate(Access access, std::string cors_origin, std::unique_ptr<RequestHandler> inner);

  const HttpResponse* refuse(const HttpRequest& head) noexcept override;
  const HttpResponse& handle(const HttpRequest& request) noexcept override;
  void set_draining() noexcept override { inner_->set_draining(); }

 private:
  Access access_;
  std::string cors_origin_;
  std::unique_ptr<RequestHandler> inner_;
  HttpResponse response_;
};

/// The header fields of every reply: "" where browsers are not to be told anything.
std::string cors_fields(const std::string& origin);

}  // namespace thrum::serving
