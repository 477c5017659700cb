#include "thrum/serve/http_framing_internal.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "thrum/core/trimmed.h"
#include "thrum/serve/http_syntax_internal.h"

namespace thrum::http {
namespace {

/// The fields that may appear once, found in one walk.
struct Known {
  std::optional<std::string_view> host, content_type, content_length, transfer_encoding, expect;
  bool close = false;
  bool keep_alive = false;
};

void set_once(std::optional<std::string_view>& slot, const HttpField& field) {
  if (slot) throw HttpError(400, "the field " + std::string(field.name) + " is given twice");
  slot = field.value;
}

void read_connection(Known& known, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view option = trimmed(list.substr(0, comma));
    if (equal_ignoring_case(option, "close")) known.close = true;
    if (equal_ignoring_case(option, "keep-alive")) known.keep_alive = true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

void read_field(Known& known, const HttpField& field) {
  const auto is = [&](std::string_view name) { return equal_ignoring_case(field.name, name); };
  switch (field.name.size()) {
    case 4:
      if (is("host")) set_once(known.host, field);
      break;
    case 6:
      if (is("expect")) set_once(known.expect, field);
      break;
    case 10:
      if (is("connection")) read_connection(known, field.value);
      break;
    case 12:
      if (is("content-type")) set_once(known.content_type, field);
      break;
    case 14:
      if (is("content-length")) set_once(known.content_length, field);
      break;
    case 17:
      if (is("transfer-encoding")) set_once(known.transfer_encoding, field);
      break;
    default:
      break;
  }
}

std::size_t parse_content_length(std::string_view text, std::size_t largest) {
  constexpr std::size_t most_digits = 18;
  if (text.empty() || text.size() > most_digits || !std::all_of(text.begin(), text.end(), is_digit)) {
    throw HttpError(400, "Content-Length is not a whole number");
  }
  std::uint64_t length = 0;
  for (const char c : text) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  if (length > largest) throw too_large_body(largest);
  return length;
}

void check_transfer_encoding(const HttpRequest& request, std::string_view coding) {
  if (request.minor_version == 0) throw HttpError(400, "Transfer-Encoding in an HTTP/1.0 request");
  if (equal_ignoring_case(coding, "chunked")) return;
  if (is_token(coding)) {
    throw HttpError(501, "the transfer coding \"" + std::string(coding) + "\" is not known here");
  }
  throw HttpError(400, "Transfer-Encoding is not \"chunked\"");
}

void check_host(const HttpRequest& request, const std::optional<std::string_view>& host, std::string_view authority) {
  if (!host && request.minor_version == 1) throw HttpError(400, "the field Host is missing");
  if (host && !is_authority(*host)) throw HttpError(400, "the field Host is malformed");
  if (host && !authority.empty() && !equal_ignoring_case(*host, authority)) {
    throw HttpError(400, "the request target and the field Host name different hosts");
  }
}

}  // namespace

Framing read_framing(HttpRequest& request, std::span<const HttpField> fields, std::size_t largest_body) {
  Known known;
  for (const HttpField& field : fields) read_field(known, field);

  const Target target = parse_target(request.method, request.target);
  check_host(request, known.host, target.authority);
  request.path = target.path;
  request.query = target.query;
  request.host = known.host.value_or("");
  request.content_type = known.content_type.value_or("");
  if (known.content_type && known.content_type->empty()) throw HttpError(400, "the field Content-Type is empty");
  request.keep_alive = !known.close && (request.minor_version == 1 || known.keep_alive);

  Framing framing;
  if (known.transfer_encoding) {
    if (known.content_length) throw HttpError(400, "Transfer-Encoding and Content-Length in one request");
    check_transfer_encoding(request, *known.transfer_encoding);
    framing.chunked = true;
  } else if (known.content_length) {
    framing.content_length = parse_content_length(*known.content_length, largest_body);
  }
  if (known.expect && request.minor_version == 1) {
    if (!equal_ignoring_case(*known.expect, "100-continue")) throw HttpError(417, "the expectation is not known here");
    request.expects_continue = framing.chunked || framing.content_length > 0;
  }
  return framing;
}

HttpError too_large_body(std::size_t limit) {
  return {413, "the body is larger than the limit of " + std::to_string(limit) + " bytes"};
}

void check_trailer(const HttpField& field) {
  for (const std::string_view name : {"content-length", "transfer-encoding", "host"}) {
    if (equal_ignoring_case(field.name, name)) {
      throw HttpError(400, "the field " + std::string(field.name) + " is not allowed in a trailer");
    }
  }
}

}  // namespace thrum::http
