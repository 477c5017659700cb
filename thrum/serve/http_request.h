#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace thrum {

enum class HttpMethod : std::uint8_t { get, head, post, put, patch, del, options };

/// "GET", "DELETE", …
std::string_view http_method_name(HttpMethod method) noexcept;

struct HttpField {
  std::string_view name;   ///< as sent; compare without regard to case
  std::string_view value;  ///< without the blanks around it
};

/// One request. The views belong to whoever parsed it.
struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  int minor_version = 1;                   ///< HTTP/1.0 or HTTP/1.1
  std::string_view target = {};            ///< as sent
  std::string_view path = {};              ///< "/predict", not percent-decoded; "*" of OPTIONS *
  std::string_view query = {};             ///< what follows the '?'
  std::string_view host = {};              ///< "" only in HTTP/1.0
  std::string_view content_type = {};      ///< "" where the request names none
  std::span<const HttpField> fields = {};  ///< all of them, in their order
  bool keep_alive = true;                  ///< what the client wants of the connection
  bool expects_continue = false;           ///< it waits for "100 Continue" before it sends the body
  std::string_view body = {};

  /// The value of the first field of this name, "" where there is none.
  std::string_view field(std::string_view name) const noexcept;
};

/// What a request is refused for: a status of 400 and above, a sentence for the client, and what it may do.
class HttpError : public std::runtime_error {
 public:
  HttpError(int status, const std::string& message, std::string hint = "")
      : std::runtime_error(message), status_(status), hint_(std::move(hint)) {}
  int status() const noexcept { return status_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  int status_;
  std::string hint_;
};

/// How large the parts of a request may be, in bytes where nothing else is said. Three of the first four are also
/// gunicorn's; its request line of 4094 is below the 8000 that RFC 9112 recommends.
struct HttpLimits {
  std::size_t request_line = 8190;    ///< without its CRLF
  std::size_t fields = 100;           ///< their number
  std::size_t field_size = 8190;      ///< of one line, with its CRLF
  std::size_t body = 16u << 20;       ///< decoded
  std::size_t head = 64u << 10;       ///< request line and fields together
  std::size_t chunk_extension = 256;  ///< of one chunk
  std::size_t chunks = 65536;         ///< their number
  std::size_t trailers = 8u << 10;    ///< all of them together
};

}  // namespace thrum
