#include "thrum/serve/http_request.h"

#include "thrum/serve/http_syntax_internal.h"

namespace thrum {

std::string_view http_method_name(HttpMethod method) noexcept {
  switch (method) {
    case HttpMethod::get:
      return "GET";
    case HttpMethod::head:
      return "HEAD";
    case HttpMethod::post:
      return "POST";
    case HttpMethod::put:
      return "PUT";
    case HttpMethod::patch:
      return "PATCH";
    case HttpMethod::del:
      return "DELETE";
    case HttpMethod::options:
      return "OPTIONS";
  }
  return "";
}

std::string_view HttpRequest::field(std::string_view name) const noexcept {
  for (const HttpField& field : fields) {
    if (http::equal_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

}  // namespace thrum
