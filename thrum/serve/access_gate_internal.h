#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "thrum/serve/access_internal.h"
#include "thrum/serve/request_handler.h"

namespace thrum::serving {

/// Lets through to a handler who may ask it, and tells browsers what pages of `cors_origin` may do ("": nothing).
class AccessGate : public RequestHandler {
 public:
  AccessGate(Access access, std::string cors_origin, std::unique_ptr<RequestHandler> inner);

  const HttpResponse* refuse(const HttpRequest& head) noexcept override;
  const HttpResponse& handle(const HttpRequest& request) noexcept override;
  const HttpResponse* handle_or_gather(const HttpRequest& request) noexcept override;
  std::uint64_t ticket() const noexcept override { return inner_->ticket(); }
  const HttpResponse* postponed_answer(std::uint64_t ticket, const HttpRequest& request) noexcept override {
    return inner_->postponed_answer(ticket, request);
  }
  void predict_gathered() noexcept override { inner_->predict_gathered(); }
  const HttpResponse& gathered_answer(std::size_t index, const HttpRequest& request) noexcept override {
    return inner_->gathered_answer(index, request);
  }
  std::string_view route_of(std::string_view path) const override { return inner_->route_of(path); }
  void set_draining() noexcept override { inner_->set_draining(); }
  void set_ending() noexcept override { inner_->set_ending(); }

 private:
  bool is_for_us(const HttpRequest& request) const noexcept;
  const HttpResponse& preflight();

  Access access_;
  std::string cors_origin_;
  std::unique_ptr<RequestHandler> inner_;
  HttpResponse response_;
};

/// The header fields of every reply: "" where browsers are not to be told anything.
std::string cors_fields(const std::string& origin);

}  // namespace thrum::serving
