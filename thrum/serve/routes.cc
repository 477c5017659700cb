#include "thrum/serve/routes.h"

#include <algorithm>
#include <utility>

#include "thrum/core/error.h"

namespace thrum {

void Routes::add(HttpMethod method, std::string path, RouteHandler handler) {
  if (!path.starts_with('/')) {
    throw Error(ErrorCode::invalid_argument, "[serve] expected a path that begins with \"/\", got \"" + path + "\"");
  }
  if (find(method, path) != nullptr) {
    throw Error(ErrorCode::invalid_argument,
                "[serve] the route " + std::string(http_method_name(method)) + " " + path + " is there already");
  }
  routes_.push_back({method, std::move(path), std::move(handler)});
}

const Routes::Route* Routes::find(HttpMethod method, std::string_view path) const noexcept {
  const HttpMethod wanted = method == HttpMethod::head ? HttpMethod::get : method;
  for (const Route& route : routes_) {
    if (route.method == wanted && route.path == path) return &route;
  }
  return nullptr;
}

std::string_view Routes::pattern(std::string_view path) const noexcept {
  const auto found = std::ranges::find(routes_, path, &Route::path);
  return found == routes_.end() ? std::string_view() : found->path;
}

std::string Routes::allow(std::string_view path) const {
  std::string methods;
  for (const Route& route : routes_) {
    if (route.path != path) continue;
    methods += http_method_name(route.method);
    methods += route.method == HttpMethod::get ? ", HEAD, " : ", ";
  }
  return methods.empty() ? methods : methods + "OPTIONS";
}

}  // namespace thrum
