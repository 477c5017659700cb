#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "thrum/serve/http_request.h"

namespace thrum {

struct HttpResponse {
  int status = 200;
  std::string_view allow = {};  ///< the methods of a 405 or of OPTIONS, "GET, HEAD"; "": no such field
  int retry_after = 0;          ///< seconds; 0: no such field
  std::string body = {};
  std::string content_type = "application/json";
  std::string fields = {};  ///< further ones, each "name: value" with its CRLF

  /// Throws invalid_argument for a name that is no token, and for a value with control characters.
  void add_field(std::string_view name, std::string_view value);
  /// As new, but for the memory.
  void clear();
};

/// What people read: UTF-8.
HttpResponse text_response(std::string text);

/// How a protocol words that a request is refused.
enum class ErrorForm {
  object,  ///< {"error": {"code": …, "message": …, "hint": …}}
  text,    ///< {"error": "message; hint"}, as the Open Inference Protocol and TensorFlow Serving
  mlflow,  ///< {"error_code": "BAD_REQUEST", "message": "message; hint"}
};

/// The reply to a request that is refused.
HttpResponse error_response(const HttpError& error, ErrorForm form = ErrorForm::object);

/// How a reply is sent.
struct ReplyMode {
  bool body = true;                  ///< false for HEAD: the length of the body, not the body
  bool close = false;                ///< the connection ends after it
  bool keep_alive = false;           ///< said aloud, for HTTP/1.0
  std::string_view request_id = {};  ///< the client's X-Request-Id, which it gets back; "": none
};

/// Turns responses into bytes. The date is rendered once a second. Not thread-safe.
class HttpResponseWriter {
 public:
  /// `fields`: of every reply, each "name: value" with its CRLF.
  explicit HttpResponseWriter(std::string fields = "") : fields_(std::move(fields)) {}

  /// Appends the reply to `out`.
  void write(std::string& out, const HttpResponse& response, const ReplyMode& mode);

 private:
  std::string_view date();

  std::string fields_;
  std::time_t second_ = -1;
  std::string date_;
};

}  // namespace thrum
