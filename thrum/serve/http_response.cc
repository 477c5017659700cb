#include "thrum/serve/http_response.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/serve/http_syntax_internal.h"
#include "thrum/serve/json_text_internal.h"

namespace thrum {
namespace {

struct Status {
  int status;
  std::string_view reason;
  std::string_view code;  // of the error in JSON
};

constexpr std::array statuses = {
    Status{200, "OK", ""},
    Status{201, "Created", ""},
    Status{202, "Accepted", ""},
    Status{204, "No Content", ""},
    Status{400, "Bad Request", "invalid_argument"},
    Status{401, "Unauthorized", "unauthorized"},
    Status{403, "Forbidden", "forbidden"},
    Status{404, "Not Found", "not_found"},
    Status{405, "Method Not Allowed", "method_not_allowed"},
    Status{408, "Request Timeout", "timed_out"},
    Status{409, "Conflict", "conflict"},
    Status{413, "Content Too Large", "too_large"},
    Status{414, "URI Too Long", "too_large"},
    Status{415, "Unsupported Media Type", "unsupported_media_type"},
    Status{417, "Expectation Failed", "expectation_failed"},
    Status{422, "Unprocessable Content", "invalid_argument"},
    Status{429, "Too Many Requests", "unavailable"},
    Status{431, "Request Header Fields Too Large", "too_large"},
    Status{501, "Not Implemented", "not_implemented"},
    Status{503, "Service Unavailable", "unavailable"},
    Status{504, "Gateway Timeout", "timed_out"},
    Status{505, "HTTP Version Not Supported", "version_not_supported"},
    Status{500, "Internal Server Error", "internal"},
};

const Status& find_status(int status) noexcept {
  for (const Status& known : statuses) {
    if (known.status == status) return known;
  }
  return statuses.back();
}

void append_object(std::string& json, const HttpError& error) {
  json += "{\"error\":{\"code\":";
  serving::append_json_string(json, find_status(error.status()).code);
  json += ",\"message\":";
  serving::append_json_string(json, error.what());
  json += ",\"hint\":";
  serving::append_json_string(json, error.hint());
  json += '}';
}

void append_sentence(std::string& json, const HttpError& error) {
  serving::append_json_string(json, error.what() + (error.hint().empty() ? "" : "; " + error.hint()));
}

template <class Integer>
void append_integer(std::string& out, Integer value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

HttpResponse text_response(std::string text) {
  return {.body = std::move(text), .content_type = "text/plain; charset=utf-8"};
}

void HttpResponse::add_field(std::string_view name, std::string_view value) {
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
  if (!http::is_token(name) || std::any_of(value.begin(), value.end(), is_control)) {
    throw Error(ErrorCode::invalid_argument, "[serve] \"" + std::string(name) + "\" is not a valid header field");
  }
  fields += name;
  fields += ": ";
  fields += value;
  fields += "\r\n";
}

void HttpResponse::clear() {
  status = 200;
  allow = {};
  retry_after = 0;
  body.clear();
  content_type = "application/json";
  fields.clear();
}

HttpResponse error_response(const HttpError& error, ErrorForm form) {
  HttpResponse response;
  response.status = error.status();
  std::string& json = response.body;
  switch (form) {
    case ErrorForm::object:
      append_object(json, error);
      break;
    case ErrorForm::text:
      json += "{\"error\":";
      append_sentence(json, error);
      break;
    case ErrorForm::mlflow:
      json += error.status() < 500 ? R"({"error_code":"BAD_REQUEST","message":)"
                                   : R"({"error_code":"INTERNAL_ERROR","message":)";
      append_sentence(json, error);
      break;
  }
  json += '}';
  return response;
}

std::string_view HttpResponseWriter::date() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec == second_) return date_;
  second_ = now.tv_sec;
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm utc{};
  gmtime_r(&second_, &utc);
  char text[40];
  std::strftime(text, sizeof text, "xxx, %d xxx %Y %H:%M:%S GMT", &utc);  // names of our own: no locale
  date_ = text;
  date_.replace(0, 3, days.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3));
  date_.replace(8, 3, months.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3));
  return date_;
}

void HttpResponseWriter::write(std::string& out, const HttpResponse& response, const ReplyMode& mode) {
  const Status& status = find_status(response.status);
  out += "HTTP/1.1 ";
  append_integer(out, status.status);
  out += ' ';
  out += status.reason;
  out += "\r\nServer: thrum\r\nDate: ";
  out += date();
  if (status.status != 204) {
    out += "\r\nContent-Type: ";
    out += response.content_type;
    out += "\r\nContent-Length: ";
    append_integer(out, response.body.size());
  }
  if (!response.allow.empty()) {
    out += "\r\nAllow: ";
    out += response.allow;
  }
  if (response.retry_after > 0) {
    out += "\r\nRetry-After: ";
    append_integer(out, response.retry_after);
  }
  if (!mode.request_id.empty()) {
    out += "\r\nX-Request-Id: ";
    out += mode.request_id;
  }
  if (mode.close) {
    out += "\r\nConnection: close";
  } else if (mode.keep_alive) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n";
  out += fields_;
  out += response.fields;
  out += "\r\n";
  if (mode.body) out += response.body;
}

}  // namespace thrum
