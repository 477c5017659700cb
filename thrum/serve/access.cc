#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "thrum/core/error.h"
#include "thrum/core/trimmed.h"
#include "thrum/serve/access_internal.h"
#include "thrum/serve/http_syntax_internal.h"

namespace thrum::serving {
namespace {

constexpr std::size_t shortest_token = 16;

[[noreturn]] void refuse(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, "[serve] " + message, hint);
}

void check_mode(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    throw Error(ErrorCode::io,
                fmt::format("[serve] cannot read the token file {}: {}", path, std::generic_category().message(errno)));
  }
  if (!S_ISREG(info.st_mode)) refuse("the token file " + path + " is not a file", "name a file with a token a line");
  if ((info.st_mode & 077) != 0) {
    refuse(fmt::format("others may read or write the token file {} (mode {:04o})", path, info.st_mode & 07777),
           "chmod 600 " + path);
  }
}

/// What may stand after "Bearer " (RFC 6750).
bool is_token(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  return text.size() >= shortest_token && std::all_of(text.begin(), text.end(), fits);
}

/// Looks at every byte of `known` whatever `given` is.
bool is_equal(std::string_view given, std::string_view known) noexcept {
  volatile unsigned difference = given.size() == known.size() ? 0 : 1;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const char c = given.empty() ? '\0' : given[i % given.size()];
    difference = difference | (static_cast<unsigned char>(c) ^ static_cast<unsigned char>(known[i]));
  }
  return difference == 0;
}

bool is_among(std::string_view given, const std::vector<std::string>& tokens) noexcept {
  bool found = false;
  for (const std::string& token : tokens) found = is_equal(given, token) || found;
  return found;
}

/// "" where the request has none.
std::string_view bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view field = request.field("authorization");
  if (!http::equal_ignoring_case(field.substr(0, scheme.size()), scheme)) return {};
  return trimmed(field.substr(scheme.size()));
}

bool is_open(const HttpRequest& request) noexcept {
  constexpr std::string_view open[] = {"/health", "/ping", "/v2/health/live", "/v2/health/ready"};
  return request.method == HttpMethod::options || std::ranges::find(open, request.path) != std::end(open);
}

void check_origin(const std::string& origin) {
  const bool is_origin = origin.starts_with("https://") || origin.starts_with("http://");
  const auto is_part = [](char c) { return c > ' ' && c < 0x7f && c != ','; };
  if (origin.empty() || origin == "*") return;
  if (is_origin && !origin.ends_with('/') && std::all_of(origin.begin(), origin.end(), is_part)) return;
  throw Error(ErrorCode::invalid_argument,
              "[cors_origin] expected * or an origin such as https://app.example, got \"" + origin + "\"");
}

}  // namespace

bool is_admin_path(std::string_view path) noexcept {
  return path.starts_with("/v2/repository/");
}

void Access::check(const HttpRequest& request) const {
  const bool is_admin = is_admin_path(request.path) && !admin_tokens.empty();
  if (is_open(request) || (tokens.empty() && !is_admin)) return;
  const std::string_view given = bearer_token(request);
  const bool is_known = is_among(given, tokens);
  if (is_among(given, admin_tokens) || (is_known && !is_admin)) return;
  if (is_known) throw HttpError(403, "[serve] this route is the administrator's");
  throw HttpError(401, given.empty() ? "[serve] a token is needed" : "[serve] the token is not known",
                  "send Authorization: Bearer TOKEN");
}

std::vector<std::string> read_tokens(const std::filesystem::path& path) {
  check_mode(path.string());
  std::ifstream file(path);
  std::vector<std::string> tokens;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::string_view text = trimmed(std::string_view(line).substr(0, line.find('\r')));
    if (text.empty() || text.front() == '#') continue;
    if (!is_token(text)) {
      refuse(fmt::format("{}:{}: expected a token of at least {} letters, digits and -._~+/=", path.string(), number,
                         shortest_token),
             "openssl rand -hex 32 makes one");
    }
    tokens.emplace_back(text);
  }
  if (!file.eof()) throw Error(ErrorCode::io, "[serve] cannot read the token file " + path.string());
  if (tokens.empty()) {
    refuse("the token file " + path.string() + " has no token", "openssl rand -hex 32 makes one");
  }
  return tokens;
}

Access read_access(const ServeOptions& options) {
  check_origin(options.cors_origin);
  Access access;
  if (!options.token_file.empty()) access.tokens = read_tokens(options.token_file);
  if (!options.admin_token_file.empty()) access.admin_tokens = read_tokens(options.admin_token_file);
  return access;
}

}  // namespace thrum::serving
