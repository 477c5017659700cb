#include "thrum/serve/router_internal.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/serve/inference_metadata_internal.h"
#include "thrum/serve/inference_protocol_internal.h"
#include "thrum/serve/json_text_internal.h"
#include "thrum/serve/mlflow_protocol_internal.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/openapi_internal.h"
#include "thrum/serve/page_internal.h"
#include "thrum/serve/refusal_internal.h"
#include "thrum/serve/short_protocol_internal.h"
#include "thrum/serve/tensorflow_protocol_internal.h"
#include "thrum/serve/version_internal.h"

namespace thrum::serving {

const Router::Route Router::routes[] = {
    {HttpMethod::post, "/predict", answer_short},
    {HttpMethod::post, "/invocations", answer_invocations},
    {HttpMethod::post, "/v2/models/{model}/infer", answer_inference},
    {HttpMethod::post, "/v2/models/{model}/versions/{version}/infer", answer_inference},
    {HttpMethod::post, "/v1/models/{model}:predict", answer_tensorflow},
    {HttpMethod::post, "/v1/models/{model}/versions/{version}:predict", answer_tensorflow},
    {HttpMethod::get, "/", nullptr, &Router::answer_index},
    {HttpMethod::get, "/openapi.json", nullptr, &Router::answer_openapi},
    {HttpMethod::get, "/health", nullptr, &Router::answer_health},
    {HttpMethod::get, "/ping", nullptr, &Router::answer_health},
    {HttpMethod::get, "/version", nullptr, &Router::answer_version},
    {HttpMethod::get, "/v2", nullptr, &Router::answer_server_metadata},
    {HttpMethod::get, "/v2/", nullptr, &Router::answer_server_metadata},
    {HttpMethod::get, "/v2/health/live", nullptr, &Router::answer_live},
    {HttpMethod::get, "/v2/health/ready", nullptr, &Router::answer_ready},
    {HttpMethod::get, "/v2/models", nullptr, &Router::answer_model_list},
    {HttpMethod::get, "/v2/models/stats", nullptr, &Router::answer_all_statistics},
    {HttpMethod::get, "/v2/models/{model}", answer_inference_metadata},
    {HttpMethod::get, "/v2/models/{model}/config", answer_inference_config},
    {HttpMethod::get, "/v2/models/{model}/stats", nullptr, &Router::answer_statistics},
    {HttpMethod::get, "/v2/models/{model}/ready", answer_inference_ready},
    {HttpMethod::get, "/v2/models/{model}/versions/{version}", answer_inference_metadata},
    {HttpMethod::get, "/v2/models/{model}/versions/{version}/config", answer_inference_config},
    {HttpMethod::get, "/v2/models/{model}/versions/{version}/ready", answer_inference_ready},
    {HttpMethod::get, "/v2/models/{model}/versions/{version}/stats", nullptr, &Router::answer_statistics},
    {HttpMethod::get, "/v1/models", nullptr, &Router::answer_model_list},
    {HttpMethod::get, "/v1/models/{model}", answer_tensorflow_status},
    {HttpMethod::get, "/v1/models/{model}/metadata", answer_tensorflow_metadata},
    {HttpMethod::get, "/v1/models/{model}/versions/{version}", answer_tensorflow_status},
    {HttpMethod::get, "/v1/models/{model}/versions/{version}/metadata", answer_tensorflow_metadata},
};

namespace {

std::string_view allow_of(HttpMethod method) {
  return method == HttpMethod::get ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
}

ErrorForm form_of(std::string_view path) {
  if (path.starts_with("/v1/") || path.starts_with("/v2")) return ErrorForm::text;
  return path == "/invocations" ? ErrorForm::mlflow : ErrorForm::object;
}

}  // namespace

Router::Router(std::span<const ServedModel> models, std::size_t limit_rows) {
  for (const ServedModel& model : models) {
    models_.push_back(std::make_unique<ModelEndpoint>(ModelEndpoint::Identity{model.name, model.version},
                                                      *model.predictor, limit_rows, model.counts));
  }
  for (const auto& model : models_) {
    std::vector<std::string> versions;
    for (const ServedModel& other : models) {
      if (other.name == model->name()) versions.push_back(other.version);
    }
    model->set_versions(std::move(versions));
  }
}

/// What goes wrong in `answer()` becomes the response.
template <class Answer>
void Router::respond(const HttpRequest& request, Answer answer) noexcept {
  response_.clear();
  try {
    answer();
  } catch (...) {
    const std::string_view allow = response_.allow;
    response_ = response_to_exception(request.path, form_of(request.path));
    response_.allow = allow;
  }
}

const HttpResponse& Router::handle(const HttpRequest& request) noexcept {
  respond(request, [&] { dispatch(request, nullptr); });
  return response_;
}

const HttpResponse* Router::handle_or_gather(const HttpRequest& request) noexcept {
  const std::size_t n_before = gathering_.n_waiting();
  respond(request, [&] { dispatch(request, &gathering_); });
  return gathering_.n_waiting() > n_before ? nullptr : &response_;
}

void Router::predict_gathered() noexcept {
  gathering_.predict();
}

const HttpResponse& Router::gathered_answer(std::size_t index, const HttpRequest& request) noexcept {
  respond(request, [&] {
    Exchange exchange{request, response_, gathering_.model(index), json_};
    gathering_.finish(index, exchange);
  });
  return response_;
}

void Router::dispatch(const HttpRequest& request, Gathering* gathering) {
  if (request.path == "*") {
    response_.status = 204;
    response_.allow = "GET, HEAD, POST, OPTIONS";
    return;
  }
  const HttpMethod method = request.method == HttpMethod::head ? HttpMethod::get : request.method;
  for (const Route& route : routes) {
    if (!fits_route(route.pattern, request.path, names_)) continue;
    if (method == route.method) return answer(route, request, gathering);
    response_.allow = allow_of(route.method);
    if (method != HttpMethod::options) {
      throw HttpError(405, "[serve] " + std::string(request.path) + " takes " + std::string(response_.allow) +
                               ", got " + std::string(http_method_name(request.method)));
    }
    response_.status = 204;
    return;
  }
  std::vector<std::string> known;
  for (const Route& route : routes) known.emplace_back(route.pattern);
  const std::string hint = nearest_hint(request.path, known);
  throw HttpError(404, "[serve] there is no route \"" + std::string(request.path) + "\"",
                  hint.empty() ? "GET / lists the routes" : hint);
}

std::string_view Router::route_of(std::string_view path) const {
  RouteNames ignored;
  const auto fits = [&](const Route& route) { return fits_route(route.pattern, path, ignored); };
  const auto* found = std::ranges::find_if(routes, fits);
  return found == std::end(routes) ? std::string_view() : found->pattern;
}

void Router::answer(const Route& route, const HttpRequest& request, Gathering* gathering) {
  if (route.of_model == nullptr) return (this->*route.of_server)(request);
  const bool is_named = route.pattern.find('{') != std::string_view::npos;
  Exchange exchange{request, response_, is_named ? find_model() : the_model(), json_, gathering};
  try {
    route.of_model(exchange);
  } catch (const HttpError&) {
    exchange.model.count_refusal();
    throw;
  }
}

/// Where the path names none. The models stand by name, the newest version of each first.
ModelEndpoint& Router::the_model() {
  ModelEndpoint& first = *models_.front();
  if (models_.back()->name() == first.name()) return first;
  throw HttpError(404, "[serve] several models are served here; this route is for one that is alone",
                  "POST /v2/models/NAME/infer or /v1/models/NAME:predict; GET /v2/models lists them");
}

/// The model that the path names, in its newest version unless the path names one too.
ModelEndpoint& Router::find_model() {
  ModelEndpoint* found = nullptr;
  for (const auto& model : models_) {
    const bool fits = model->name() == names_.model && (names_.version.empty() || model->version() == names_.version);
    if (fits && (found == nullptr || is_newer_version(model->version(), found->version()))) found = model.get();
  }
  if (found != nullptr) return *found;
  std::vector<std::string> known;
  for (const auto& model : models_) known.push_back(model->name());
  const std::string version = names_.version.empty() ? "" : " in version " + in_quotes(names_.version);
  const std::string hint = nearest_hint(names_.model, known);
  throw HttpError(404, "[serve] there is no model " + in_quotes(names_.model) + version,
                  hint.empty() ? "GET /v2/models lists them" : hint);
}

/// A page for a browser, a list of the routes for others.
void Router::answer_index(const HttpRequest& request) {
  response_.add_field("Vary", "Accept");
  if (request.field("accept").find("text/html") != std::string_view::npos) {
    response_.content_type = "text/html; charset=utf-8";
    response_.add_field("Content-Security-Policy", page_policy);
    response_.add_field("X-Content-Type-Options", "nosniff");
    response_.body = page_text(models_);
    return;
  }
  response_.body += "{\"name\":\"thrum\",\"routes\":[";
  for (const Route& route : routes) {
    if (&route != routes) response_.body += ',';
    append_json_string(response_.body, std::string(http_method_name(route.method)) + " " + std::string(route.pattern));
  }
  response_.body += "]}";
}

void Router::answer_openapi(const HttpRequest&) {
  if (openapi_.empty()) openapi_ = openapi_text(models_);
  response_.body = openapi_;
}

void Router::answer_health(const HttpRequest&) {
  response_.body = "{\"status\":\"ok\"}";
}

void Router::answer_version(const HttpRequest&) {
  response_.content_type = "text/plain; charset=utf-8";
  response_.body = version();
}

void Router::answer_live(const HttpRequest&) {
  response_.body = "{\"live\":true}";
}

void Router::answer_ready(const HttpRequest&) {
  response_.status = draining_ ? 503 : 200;
  response_.body = draining_ ? "{\"ready\":false,\"live\":true}" : "{\"ready\":true,\"live\":true}";
}

void Router::answer_server_metadata(const HttpRequest&) {
  response_.body = R"({"name":"thrum","version":")";
  response_.body += version();
  response_.body += R"(","extensions":["binary_tensor_data"]})";
}

/// Of the versions of the model that the path names.
void Router::answer_statistics(const HttpRequest&) {
  find_model();
  response_.body = statistics_text(models_, names_.model, names_.version);
}

void Router::answer_all_statistics(const HttpRequest&) {
  response_.body = statistics_text(models_, "", "");
}

void Router::answer_model_list(const HttpRequest&) {
  response_.body = "{\"models\":[";
  std::string_view last;
  for (const auto& model : models_) {
    if (model->name() == last) continue;  // another version
    last = model->name();
    if (model != models_.front()) response_.body += ',';
    append_json_string(response_.body, model->name());
  }
  response_.body += "]}";
}

}  // namespace thrum::serving
