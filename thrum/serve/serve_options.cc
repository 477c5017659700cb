#include "thrum/serve/serve_options.h"

#include <vector>

namespace thrum {

std::span<const OptionField> serve_option_fields() {
  using O = ServeOptions;
  constexpr Range seconds{0, 1e9};
  constexpr Range some_seconds{0, 1e9, true};
  static const std::vector<OptionField> fields = {
      option_field<O>("bind", &O::bind, {}, "address to listen at: HOST:PORT or [IPV6]:PORT; port 0: any free one"),
      option_field("workers", &O::workers, {1, 1024}, "number of worker processes"),
      option_field("backlog", &O::backlog, {1, 65535}, "connections that may wait to be accepted, per worker"),
      option_field("worker_connections", &O::worker_connections, {1, 1e6},
                   "connections that a worker holds at once; above it the answer is 503"),
      option_field("timeout", &O::timeout, seconds, "seconds after which a hanging worker is replaced; 0: never"),
      option_field("graceful_timeout", &O::graceful_timeout, seconds,
                   "seconds that requests in flight have to end on SIGTERM"),
      option_field("keep_alive", &O::keep_alive, some_seconds, "seconds that an idle connection is kept"),
      option_field("header_timeout", &O::header_timeout, some_seconds,
                   "seconds in which the head of a request must come"),
      option_field("body_timeout", &O::body_timeout, some_seconds, "seconds in which the body of a request must come"),
      option_field("limit_request_line", &O::limit_request_line, {16, 65536}, "bytes of the request line"),
      option_field("limit_request_fields", &O::limit_request_fields, {1, 32768}, "number of header fields"),
      option_field("limit_request_field_size", &O::limit_request_field_size, {16, 65536}, "bytes of a header field"),
      option_field("limit_request_body", &O::limit_request_body, {0, 0x1p30}, "bytes of the body"),
      option_field("limit_rows", &O::limit_rows, {1, 1e9}, "instances in one request"),
      option_field<O>("token_file", &O::token_file, {}, "file with the bearer tokens that may ask, one a line"),
      option_field<O>("admin_token_file", &O::admin_token_file, {},
                      "file with the bearer tokens of the administrator; without it there are no routes for one"),
      option_field<O>("cors_origin", &O::cors_origin, {}, "whose pages browsers let ask: an origin, or * for any"),
  };
  return fields;
}

}  // namespace thrum
