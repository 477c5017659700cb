#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"

namespace thrum {

/// Answers one request, in a worker process that asks it one thing at a time. An HttpError becomes the reply with its
/// status; any other exception a 500, its text a line in the log.
using RouteHandler = std::function<HttpResponse(const HttpRequest&)>;

/// What a program answers itself, by method and path. A route for GET takes HEAD too.
class Routes {
 public:
  struct Route {
    HttpMethod method;
    std::string path;
    RouteHandler handler;
  };

  /// `path` is compared with the path of a request as it was sent. Throws invalid_argument for one that does not begin
  /// with "/" or that is there already for this method.
  void add(HttpMethod method, std::string path, RouteHandler handler);

  /// nullptr: nothing is known of the path, or only for other methods.
  const Route* find(HttpMethod method, std::string_view path) const noexcept;
  /// The methods of the path, for the field Allow: "GET, HEAD, OPTIONS"; "" for an unknown one.
  std::string allow(std::string_view path) const;

  /// The path as it is kept here, for ever; "" for an unknown one.
  std::string_view pattern(std::string_view path) const noexcept;

  std::span<const Route> all() const noexcept { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace thrum
