#include "thrum/serve/exchange_internal.h"

#include <string>

#include "thrum/core/trimmed.h"
#include "thrum/serve/http_syntax_internal.h"

namespace thrum::serving {

std::string_view media_type(const HttpRequest& request) {
  return trimmed(request.content_type.substr(0, request.content_type.find(';')));
}

void require_plain(const HttpRequest& request) {
  const std::string_view coding = request.field("content-encoding");
  if (coding.empty() || http::equal_ignoring_case(coding, "identity")) return;
  throw HttpError(415, "[predict] a body with Content-Encoding \"" + std::string(coding) + "\" is not read here",
                  "send it as it is");
}

void require_json(const HttpRequest& request) {
  const std::string_view type = media_type(request);
  const bool is_taken = type.empty() || http::equal_ignoring_case(type, "application/json") ||
                        http::equal_ignoring_case(type, "application/x-www-form-urlencoded");
  if (!is_taken) {
    throw HttpError(415, "[predict] expected Content-Type application/json, got \"" + std::string(type) + "\"");
  }
  require_plain(request);
}

}  // namespace thrum::serving
