#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "thrum/core/trimmed.h"
#include "thrum/serve/http_syntax_internal.h"

namespace thrum::http {
namespace {

using CharSet = std::array<bool, 256>;

constexpr CharSet char_set(std::string_view others, bool letters_and_digits = true) {
  CharSet set{};
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  for (int c = 0; letters_and_digits && c < 128; ++c) {
    set[c] = set[c] || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  return set;
}

constexpr CharSet value_chars() {
  CharSet set{};
  set['\t'] = true;
  for (int c = ' '; c < 256; ++c) set[c] = c != 0x7f;
  return set;
}

constexpr CharSet token_set = char_set("!#$%&'*+-.^_`|~");
constexpr CharSet host_set = char_set("-._~");
constexpr CharSet target_set = char_set("-._~!$&'()*+,;=:@/?%");
constexpr CharSet value_set = value_chars();

bool has(const CharSet& set, char c) noexcept {
  return set[static_cast<unsigned char>(c)];
}

bool all_in(const CharSet& set, std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [&](char c) { return has(set, c); });
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

bool is_ipv6(std::string_view text) noexcept {
  char copy[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof copy) return false;
  text.copy(copy, text.size());
  in6_addr address;
  return inet_pton(AF_INET6, copy, &address) == 1;
}

int parse_version(std::string_view version) {
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  const bool formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                      version[6] == '.' && is_digit(version[7]);
  if (formed) throw HttpError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  throw HttpError(400, "the request line does not end in an HTTP version");
}

HttpMethod parse_method(std::string_view name) {
  constexpr HttpMethod known[] = {HttpMethod::post,  HttpMethod::get, HttpMethod::head,   HttpMethod::put,
                                  HttpMethod::patch, HttpMethod::del, HttpMethod::options};
  for (const HttpMethod method : known) {
    if (http_method_name(method) == name) return method;
  }
  throw HttpError(501, "the method \"" + std::string(name) + "\" is not known here");
}

/// The end of one chunk extension (";name", ";name=token" or ";name=\"quoted\"") that begins at `begin`.
std::size_t end_of_extension(std::string_view line, std::size_t begin) {
  const auto token_end = [&](std::size_t i) {
    const std::size_t first = i;
    while (i < line.size() && has(token_set, line[i])) ++i;
    if (i == first) throw HttpError(400, "a chunk extension is malformed");
    return i;
  };
  if (line[begin] != ';') throw HttpError(400, "a chunk size is malformed");
  std::size_t i = token_end(begin + 1);
  if (i == line.size() || line[i] != '=') return i;
  if (++i == line.size() || line[i] != '"') return token_end(i);
  for (++i; i < line.size() && line[i] != '"'; ++i) {
    if (line[i] == '\\') ++i;
    if (i == line.size() || !has(value_set, line[i])) throw HttpError(400, "a chunk extension is malformed");
  }
  if (i == line.size()) throw HttpError(400, "a chunk extension is malformed");
  return i + 1;
}

}  // namespace

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && all_in(token_set, text);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_authority(std::string_view text) noexcept {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    const std::string_view rest = text.substr(close + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (host.empty() || !all_in(host_set, host)) return false;
  return colon == std::string_view::npos || is_port(text.substr(colon + 1));
}

bool is_origin_form(std::string_view text) noexcept {
  if (text.empty() || text.front() != '/' || !all_in(target_set, text)) return false;
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return false;
  }
  return true;
}

/// "%00" and the like, which no name of a route or a model has; a query may have line breaks.
bool hides_control(std::string_view path) noexcept {
  for (std::size_t i = path.find('%'); i != std::string_view::npos; i = path.find('%', i + 1)) {
    const int value = hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]);
    if (value < 0x20 || value == 0x7f) return true;
  }
  return false;
}

RequestLine parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    throw HttpError(400, "the request line is not \"METHOD target HTTP/1.1\"");
  }
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) throw HttpError(400, "the method is not a token");
  const int minor_version = parse_version(line.substr(second + 1));
  return {parse_method(method), minor_version, line.substr(first + 1, second - first - 1)};
}

Target parse_target(HttpMethod method, std::string_view target) {
  if (target == "*" && method == HttpMethod::options) return {target, {}, {}};
  Target parts;
  constexpr std::string_view scheme = "http://";
  if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
    target.remove_prefix(scheme.size());
    parts.authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(parts.authority.size());
    if (!is_authority(parts.authority)) throw HttpError(400, "the request target names no valid host");
    if (target.empty()) target = "/";
  }
  if (!is_origin_form(target)) throw HttpError(400, "the request target is not a valid path");
  const std::size_t mark = target.find('?');
  parts.path = target.substr(0, mark);
  if (hides_control(parts.path)) throw HttpError(400, "the request target hides a control character");
  if (mark != std::string_view::npos) parts.query = target.substr(mark + 1);
  return parts;
}

HttpField parse_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') throw HttpError(400, "a header field is folded over two lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) throw HttpError(400, "a header field has no colon");
  const HttpField field{line.substr(0, colon), trimmed(line.substr(colon + 1))};
  if (!is_token(field.name)) throw HttpError(400, "the name of a header field is not a token");
  if (!all_in(value_set, field.value)) throw HttpError(400, "a header field holds a control character");
  return field;
}

std::uint64_t parse_chunk_size(std::string_view line) {
  constexpr std::size_t most_digits = 16;
  std::uint64_t size = 0;
  std::size_t i = 0;
  for (; i < line.size() && hex_value(line[i]) >= 0; ++i) {
    if (i == most_digits) throw HttpError(400, "a chunk size has more than 16 digits");
    size = size * 16 + static_cast<std::uint64_t>(hex_value(line[i]));
  }
  if (i == 0) throw HttpError(400, "a chunk size is malformed");
  while (i < line.size()) i = end_of_extension(line, i);
  return size;
}

}  // namespace thrum::http
