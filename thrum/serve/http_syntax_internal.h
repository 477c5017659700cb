#pragma once

#include <cstdint>
#include <string_view>

#include "thrum/serve/http_request.h"

namespace thrum::http {

/// ASCII only, whatever the locale.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
bool is_digit(char c) noexcept;
/// RFC 9110, section 5.6.2; not empty.
bool is_token(std::string_view text) noexcept;
/// The value of a hexadecimal digit, -1 for anything else.
int hex_value(char c) noexcept;

/// host [":" port], the host a name of letters, digits, '-', '.', '_', '~', an IPv4 address or "[" IPv6 "]".
bool is_authority(std::string_view text) noexcept;

/// A path with its query: '/' and then only what RFC 3986 allows, every '%' before two hexadecimal digits.
bool is_origin_form(std::string_view text) noexcept;

struct RequestLine {
  HttpMethod method;
  int minor_version;
  std::string_view target;
};

/// "GET /path HTTP/1.1". Throws HttpError 400, 501 for a method that is not known, 505 for another version.
RequestLine parse_request_line(std::string_view line);

/// A target taken apart; `authority` only of the absolute form, "http://host/path".
struct Target {
  std::string_view path;
  std::string_view query;
  std::string_view authority;
};

/// Throws HttpError 400.
Target parse_target(HttpMethod method, std::string_view target);

/// "name: value". Throws HttpError 400.
HttpField parse_field(std::string_view line);

/// What the first line of a chunk says: its size. Throws HttpError 400.
std::uint64_t parse_chunk_size(std::string_view line);

}  // namespace thrum::http
