#include "thrum/serve/service_internal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/serve/access_gate_internal.h"
#include "thrum/serve/metrics_text_internal.h"
#include "thrum/serve/refusal_internal.h"
#include "thrum/serve/threaded_predictor_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view every_method = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

std::string list_of(const Routes& routes) {
  std::string list;
  for (const Routes::Route& route : routes.all()) {
    list += (list.empty() ? "" : ", ") + std::string(http_method_name(route.method)) + " " + route.path;
  }
  return list;
}

/// A route's own mistakes must not spoil the connection.
void check(const HttpResponse& response, std::string_view path) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (response.status < 200 || response.status > 599 || std::ranges::any_of(response.content_type, is_control)) {
    throw Error(ErrorCode::invalid_argument, "[serve] the route " + std::string(path) +
                                                 " answers with a status or a content type that HTTP does not have");
  }
}

}  // namespace

Service::Service(std::vector<ServedModel> models, Routes routes, const ServeOptions& options)
    : models_(std::move(models)), routes_(std::move(routes)), gathers_(options.batch_max_size > 1) {
  if (models_.empty()) {
    add_health();
  } else {
    router_.emplace(models_, options.limit_rows);
  }
}

/// What a watcher asks for, where no model answers it.
void Service::add_health() {
  add_route("/health", [](const HttpRequest&) { return HttpResponse{.body = "{\"status\":\"ok\"}"}; });
  add_route("/v2/health/live", [](const HttpRequest&) { return HttpResponse{.body = "{\"live\":true}"}; });
  add_route("/v2/health/ready", [this](const HttpRequest&) {
    if (draining_) return HttpResponse{.status = 503, .body = "{\"ready\":false,\"live\":true}"};
    return HttpResponse{.body = "{\"ready\":true,\"live\":true}"};
  });
}

void Service::show_metrics(const Scoreboard& board) {
  add_route("/metrics", [this, &board](const HttpRequest&) {
    return HttpResponse{.body = metrics_text(board, models_), .content_type = metrics_content_type};
  });
}

void Service::manage_repository(const ServiceParts& parts) {
  unloaded_ = open_unloaded(parts.image);
  const auto ring = [bell = parts.doorbell] {
    const std::uint64_t once = 1;
    [[maybe_unused]] const ssize_t n = write(bell, &once, sizeof once);
  };
  repository_.emplace(
      RepositoryRoutes::Parts{parts.options.model_repository, models_, unloaded_, parts.board.head().wishes, ring});
}

/// A GET, unless the program answers it itself.
void Service::add_route(std::string path, RouteHandler handler) {
  if (routes_.allow(path).empty()) routes_.add(HttpMethod::get, std::move(path), std::move(handler));
}

void Service::set_draining() noexcept {
  draining_ = true;
  if (router_) router_->set_draining();
}

std::string_view Service::route_of(std::string_view path) const {
  if (repository_ && is_admin_path(path)) return RepositoryRoutes::route_of(path);
  if (const std::string_view own = routes_.pattern(path); !own.empty()) return own;
  return router_ ? router_->route_of(path) : std::string_view();
}

const HttpResponse& Service::handle(const HttpRequest& request) noexcept {
  allow_.clear();
  ticket_ = 0;
  const bool is_for_administrator = repository_ && is_admin_path(request.path);
  try {
    allow_ = routes_.allow(request.path);
    if (is_for_administrator) {
      administer(request);
    } else if (allow_.empty() && router_) {
      return router_->handle(request);
    } else {
      answer(request);
    }
  } catch (...) {
    response_ = response_to_exception(request.path, is_for_administrator ? ErrorForm::text : ErrorForm::object);
  }
  if (!allow_.empty() && (response_.status == 405 || request.method == HttpMethod::options)) response_.allow = allow_;
  return response_;
}

/// Neither the program's own, nor the administrator's.
bool Service::is_for_router(const HttpRequest& request) const {
  return router_ && !(repository_ && is_admin_path(request.path)) && routes_.allow(request.path).empty();
}

const HttpResponse* Service::handle_or_gather(const HttpRequest& request) noexcept {
  if (gathers_ && is_for_router(request)) {
    ticket_ = 0;
    return router_->handle_or_gather(request);
  }
  const HttpResponse& response = handle(request);
  return ticket_ == 0 ? &response : nullptr;
}

const HttpResponse* Service::postponed_answer(std::uint64_t ticket, const HttpRequest& request) noexcept {
  try {
    auto outcome = is_ending_ ? repository_->last_outcome(ticket) : repository_->outcome(ticket);
    if (!outcome) return nullptr;
    response_ = std::move(*outcome);
  } catch (...) {
    response_ = response_to_exception(request.path, ErrorForm::text);
  }
  return &response_;
}

void Service::predict_gathered() noexcept {
  if (router_) router_->predict_gathered();
}

const HttpResponse& Service::gathered_answer(std::size_t index, const HttpRequest& request) noexcept {
  return router_->gathered_answer(index, request);
}

void Service::administer(const HttpRequest& request) {
  allow_ = "POST, OPTIONS";
  auto [response, wish] = repository_->answer(request);
  response_ = std::move(response);
  ticket_ = wish;
}

void Service::answer(const HttpRequest& request) {
  if (request.path == "*") allow_ = every_method;
  if (allow_.empty()) {
    throw HttpError(404, "[serve] there is no route \"" + std::string(request.path) + "\"",
                    "the routes are " + list_of(routes_));
  }
  if (const Routes::Route* route = routes_.find(request.method, request.path)) {
    response_ = route->handler(request);
    check(response_, request.path);
  } else if (request.method == HttpMethod::options) {
    response_ = HttpResponse{.status = 204};
  } else {
    throw HttpError(405, "[serve] " + std::string(request.path) + " takes " + allow_ + ", got " +
                             std::string(http_method_name(request.method)));
  }
}

std::unique_ptr<RequestHandler> open_service(const ServiceParts& parts, const Routes& routes) {
  std::vector<ServedModel> models = open_models(parts.image);
  for (ServedModel& model : models) {
    model.predictor = with_threads(std::move(model.predictor), parts.options.threads);
    model.counts = parts.board.models().find_or_add(model.name, model.version);
  }
  auto service = std::make_unique<Service>(std::move(models), routes, parts.options);
  service->show_metrics(parts.board);
  const bool has_administrator = !parts.options.admin_token_file.empty();
  if (has_administrator && !parts.options.model_repository.empty()) service->manage_repository(parts);
  return std::make_unique<AccessGate>(open_access(parts.image), parts.options.cors_origin, std::move(service));
}

}  // namespace thrum::serving
