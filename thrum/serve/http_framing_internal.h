#pragma once

#include <cstddef>
#include <span>

#include "thrum/serve/http_request.h"

namespace thrum::http {

/// How the body of a request is delimited.
struct Framing {
  bool chunked = false;
  std::size_t content_length = 0;
};

/// Reads the fields that say where a message ends and what becomes of the connection, and stores the latter in
/// `request`, whose method, version and target are set. Throws HttpError: 400 for what RFC 9112 forbids or leaves open
/// (a repeated or malformed Host, Content-Length or Content-Type, Content-Length beside Transfer-Encoding, …), 413, 417
/// for an expectation that is not known, 501 for a transfer coding that is not known.
Framing read_framing(HttpRequest& request, std::span<const HttpField> fields, std::size_t largest_body);

/// The refusal, 413, of a body above the limit.
HttpError too_large_body(std::size_t limit);

/// Refuses, with HttpError 400, a trailer field that would change framing or routing.
void check_trailer(const HttpField& field);

}  // namespace thrum::http
