#include <utility>

#include "thrum/serve/access_gate_internal.h"
#include "thrum/serve/refusal_internal.h"

namespace thrum::serving {
namespace {

bool is_preflight(const HttpRequest& request) {
  return request.method == HttpMethod::options && !request.field("access-control-request-method").empty();
}

}  // namespace

AccessGate::AccessGate(Access access, std::string cors_origin, std::unique_ptr<RequestHandler> inner)
    : access_(std::move(access)), cors_origin_(std::move(cors_origin)), inner_(std::move(inner)) {}

const HttpResponse* AccessGate::refuse(const HttpRequest& head) noexcept {
  try {
    access_.check(head);
    return nullptr;
  } catch (...) {
    response_ = response_to_exception(head.path);
    if (response_.status == 401) response_.fields = "WWW-Authenticate: Bearer realm=\"thrum\"\r\n";
    return &response_;
  }
}

const HttpResponse& AccessGate::handle(const HttpRequest& request) noexcept {
  return is_for_us(request) ? preflight() : inner_->handle(request);
}

const HttpResponse* AccessGate::handle_or_gather(const HttpRequest& request) noexcept {
  return is_for_us(request) ? &preflight() : inner_->handle_or_gather(request);
}

bool AccessGate::is_for_us(const HttpRequest& request) const noexcept {
  return !cors_origin_.empty() && is_preflight(request);
}

const HttpResponse& AccessGate::preflight() {
  response_ = HttpResponse{.status = 204};
  response_.fields =
      "Access-Control-Allow-Methods: GET, POST\r\n"
      "Access-Control-Allow-Headers: Authorization, Content-Type, Inference-Header-Content-Length\r\n"
      "Access-Control-Max-Age: 600\r\n";
  return response_;
}

std::string cors_fields(const std::string& origin) {
  if (origin.empty()) return "";
  return "Access-Control-Allow-Origin: " + origin + (origin == "*" ? "\r\n" : "\r\nVary: Origin\r\n");
}

}  // namespace thrum::serving
