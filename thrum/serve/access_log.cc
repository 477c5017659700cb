#include "thrum/serve/access_log_internal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include "thrum/core/error.h"

namespace thrum::serving {
namespace {

constexpr std::string_view plain_atoms = "hlutrmUqHsbBfaTDMLp";
constexpr std::string_view named_atoms = "ioe";

[[noreturn]] void refuse(std::string_view format, std::size_t at) {
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("[access_logformat] expected an atom, got \"{}\" in \"{}\"", format.substr(at, 12), format),
      "the atoms are %(h)s l u t r m U q H s b B f a T D M L p, %({name}i)s of a field of the request, o of the reply");
}

/// Within quotes, as gunicorn does; what no line may hold as \x1f.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

void append_or_dash(std::string& out, std::string_view text) {
  append_escaped(out, text.empty() ? "-" : text);
}

/// The name before the colon of "Basic bmFtZTpwYXNz"; "" where there is none.
std::string user_in(std::string_view authorization) {
  constexpr std::string_view scheme = "Basic ";
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (!authorization.starts_with(scheme)) return "";
  std::string text;
  unsigned bits = 0;
  int n_bits = 0;
  for (const char c : authorization.substr(scheme.size())) {
    const std::size_t value = digits.find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    text += static_cast<char>(bits >> n_bits & 0xff);
  }
  const std::size_t colon = text.find(':');
  return colon == std::string::npos ? "" : text.substr(0, colon);
}

void append_of_request(std::string& out, char atom, const HttpRequest& request) {
  switch (atom) {
    case 'u':
      return append_or_dash(out, user_in(request.field("authorization")));
    case 'r':
      append_escaped(out, http_method_name(request.method));
      out += ' ';
      append_escaped(out, request.target);
      return append_escaped(out, request.minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1");
    case 'm':
      return append_escaped(out, http_method_name(request.method));
    case 'U':
      return append_escaped(out, request.path);
    case 'q':
      return append_escaped(out, request.query);
    case 'H':
      return append_escaped(out, request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1");
    case 'f':
      return append_or_dash(out, request.field("referer"));
    default:
      return append_or_dash(out, request.field("user-agent"));
  }
}

void append_field_of(std::string& out, const HttpResponse& response, std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name == "content-type") return append_or_dash(out, response.content_type);
  append_or_dash(out, name == "content-length" ? std::to_string(response.body.size()) : "");
}

void append_number(std::string& out, char atom, const RequestObserver::Answer& answer) {
  const auto into = std::back_inserter(out);
  const auto in = [&](auto unit) { return std::chrono::duration_cast<decltype(unit)>(answer.time).count(); };
  switch (atom) {
    case 's':
      fmt::format_to(into, "{}", answer.response.status);
      break;
    case 'b':
      if (answer.response.body.empty()) {
        out += '-';
        break;
      }
      [[fallthrough]];
    case 'B':
      fmt::format_to(into, "{}", answer.response.body.size());
      break;
    case 'T':
      fmt::format_to(into, "{}", in(std::chrono::seconds()));
      break;
    case 'M':
      fmt::format_to(into, "{}", in(std::chrono::milliseconds()));
      break;
    case 'D':
      fmt::format_to(into, "{}", in(std::chrono::microseconds()));
      break;
    case 'L':
      fmt::format_to(into, "{:.6f}", std::chrono::duration<double>(answer.time).count());
      break;
    default:
      fmt::format_to(into, "<{}>", getpid());
  }
}

}  // namespace

AccessLog::AccessLog(std::string_view format) {
  std::string text;
  for (std::size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      text += format[at++];
      continue;
    }
    if (format.substr(at).starts_with("%%")) {
      text += '%';
      at += 2;
      continue;
    }
    const std::size_t end = format.find(")s", at);
    if (!format.substr(at).starts_with("%(") || end == std::string_view::npos || end == at + 2) refuse(format, at);
    const std::string_view name = format.substr(at + 2, end - at - 2);
    const bool is_named = name.size() > 3 && name.front() == '{' && name[name.size() - 2] == '}';
    const bool is_known = is_named ? named_atoms.find(name.back()) != std::string_view::npos
                                   : name.size() == 1 && plain_atoms.find(name.front()) != std::string_view::npos;
    if (!is_known) refuse(format, at);
    pieces_.push_back({std::exchange(text, {})});
    pieces_.push_back({is_named ? std::string(name.substr(1, name.size() - 3)) : "", name.back()});
    at = end + 2;
  }
  pieces_.push_back({text + '\n'});
}

void AccessLog::append(std::string& out, const RequestObserver::Answer& answer) {
  for (const Piece& piece : pieces_) {
    if (piece.atom == '\0') {
      out += piece.text;
    } else {
      append_atom(out, piece, answer);
    }
  }
}

void AccessLog::append_atom(std::string& out, const Piece& piece, const RequestObserver::Answer& answer) {
  constexpr std::string_view of_request = "urmUqHfa";
  if (piece.atom == 'h') {
    append_or_dash(out, answer.peer);
  } else if (piece.atom == 't') {
    out += time();
  } else if (piece.atom == 'i' && answer.request != nullptr) {
    append_or_dash(out, answer.request->field(piece.text));
  } else if (piece.atom == 'o') {
    append_field_of(out, answer.response, piece.text);
  } else if (of_request.find(piece.atom) != std::string_view::npos && answer.request != nullptr) {
    append_of_request(out, piece.atom, *answer.request);
  } else if (plain_atoms.substr(plain_atoms.find('s')).find(piece.atom) != std::string_view::npos) {
    append_number(out, piece.atom, answer);
  } else {
    out += '-';
  }
}

/// "[26/Nov/2026:09:30:00 +0000]", rendered once a second.
std::string_view AccessLog::time() {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec == second_) return time_;
  second_ = now.tv_sec;
  std::tm local{};
  localtime_r(&second_, &local);
  char text[48];
  std::strftime(text, sizeof text, "[%d/xxx/%Y:%H:%M:%S %z]", &local);  // names of our own: no locale
  time_ = text;
  time_.replace(4, 3, months.substr(static_cast<std::size_t>(local.tm_mon) * 3, 3));
  return time_;
}

}  // namespace thrum::serving
