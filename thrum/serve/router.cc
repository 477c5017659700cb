#include "thrum/serve/router_internal.h"

#include <iterator>

#include "thrum/serve/http_syntax_internal.h"
#include "thrum/serve/json_text_internal.h"
#include "thrum/serve/refusal_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view reading = "GET, HEAD, OPTIONS";
constexpr std::string_view writing = "POST, OPTIONS";

/// JSON, or no type, or the one that curl -d sends unless told.
void check_content(const HttpRequest& request) {
  const std::string_view type = http::trim_blanks(request.content_type.substr(0, request.content_type.find(';')));
  const bool taken = type.empty() || http::equal_ignoring_case(type, "application/json") ||
                     http::equal_ignoring_case(type, "application/x-www-form-urlencoded");
  if (!taken) {
    throw HttpError(415, "[predict] expected Content-Type application/json, got \"" + std::string(type) + "\"");
  }
  const std::string_view coding = request.field("content-encoding");
  if (!coding.empty() && !http::equal_ignoring_case(coding, "identity")) {
    throw HttpError(415, "[predict] a body with Content-Encoding \"" + std::string(coding) + "\" is not read here",
                    "send it as it is");
  }
}

}  // namespace

const Router::Route Router::routes[] = {
    {"/predict", writing, HttpMethod::post, &Router::answer_predict},
    {"/health", reading, HttpMethod::get, &Router::answer_health},
    {"/v2/health/live", reading, HttpMethod::get, &Router::answer_live},
    {"/v2/health/ready", reading, HttpMethod::get, &Router::answer_ready},
    {"/", reading, HttpMethod::get, &Router::answer_index},
};

namespace {

std::string route_list(const Router::Route* begin, const Router::Route* end) {
  std::string list;
  for (const Router::Route* route = begin; route != end; ++route) {
    list += (list.empty() ? "" : ", ") + std::string(http_method_name(route->method)) + " " + std::string(route->path);
  }
  return list;
}

}  // namespace

const HttpResponse& Router::handle(const HttpRequest& request) noexcept {
  response_.status = 200;
  response_.allow = {};
  response_.retry_after = 0;
  response_.body.clear();
  try {
    dispatch(request);
  } catch (...) {
    const std::string_view allow = response_.allow;
    response_ = response_to_exception(request.path);
    response_.allow = allow;
  }
  return response_;
}

void Router::dispatch(const HttpRequest& request) {
  if (request.path == "*") {
    response_.status = 204;
    response_.allow = "GET, HEAD, POST, OPTIONS";
    return;
  }
  for (const Route& route : routes) {
    if (route.path != request.path) continue;
    const HttpMethod method = request.method == HttpMethod::head ? HttpMethod::get : request.method;
    if (method == route.method) return (this->*route.answer)(request);
    response_.allow = route.allow;
    if (method != HttpMethod::options) {
      throw HttpError(405, "[serve] " + std::string(route.path) + " takes " + std::string(route.allow) + ", got " +
                               std::string(http_method_name(request.method)));
    }
    response_.status = 204;
    return;
  }
  throw HttpError(404, "[serve] there is no route \"" + std::string(request.path) + "\"",
                  "the routes are " + route_list(std::begin(routes), std::end(routes)));
}

void Router::answer_index(const HttpRequest&) {
  response_.body = "{\"name\":\"thrum\",\"routes\":[";
  for (const Route& route : routes) {
    if (&route != routes) response_.body += ',';
    append_json_string(response_.body, std::string(http_method_name(route.method)) + " " + std::string(route.path));
  }
  response_.body += "]}";
}

void Router::answer_health(const HttpRequest&) {
  response_.body = "{\"status\":\"ok\"}";
}

void Router::answer_live(const HttpRequest&) {
  response_.body = "{\"live\":true}";
}

void Router::answer_ready(const HttpRequest&) {
  response_.status = draining_ ? 503 : 200;
  response_.body = draining_ ? "{\"ready\":false,\"live\":true}" : "{\"ready\":true,\"live\":true}";
}

void Router::answer_predict(const HttpRequest& request) {
  check_content(request);
  predict_.answer(response_.body, request.body);
}

}  // namespace thrum::serving
