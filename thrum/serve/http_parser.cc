#include "thrum/serve/http_parser.h"

#include <algorithm>

#include "thrum/serve/http_framing_internal.h"
#include "thrum/serve/http_syntax_internal.h"

namespace thrum {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::size_t kept_capacity = 64u << 10;  // of a buffer between requests, so that one big body is not kept

/// A space ends it after a few letters; without one, what is too long is no target.
bool begins_with_method(std::string_view before, std::string_view rest) {
  const std::size_t longest = http_method_name(HttpMethod::options).size();
  for (std::size_t i = 0; i < before.size() + rest.size() && i <= longest; ++i) {
    if ((i < before.size() ? before[i] : rest[i - before.size()]) == ' ') return true;
  }
  return false;
}

void empty(std::string& buffer) {
  if (buffer.capacity() > kept_capacity) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

}  // namespace

HttpParser::Step HttpParser::parse(std::string_view input) {
  if (state_ == State::failed) return {Event::error, 0};
  if (state_ == State::complete) begin_request();
  std::string_view rest = input;
  try {
    while (true) {
      if (const auto event = advance(rest)) return {*event, input.size() - rest.size()};
      if (rest.empty()) return {Event::need_more, input.size()};
    }
  } catch (const HttpError& error) {
    return {fail(error), input.size()};
  }
}

HttpParser::Event HttpParser::finish() {
  if (state_ == State::failed) return Event::error;
  if (state_ == State::complete || between_requests()) return Event::need_more;
  return fail(HttpError(400, "the connection ended inside a request"));
}

void HttpParser::give_up() noexcept {
  state_ = State::failed;
  head_ = {};
  body_ = {};
  request_ = {};
}

bool HttpParser::between_requests() const noexcept {
  return state_ == State::complete || (state_ == State::request_line && head_.empty());
}

HttpParser::Event HttpParser::fail(const HttpError& error) {
  state_ = State::failed;
  error_ = error;
  return Event::error;
}

void HttpParser::begin_request() {
  state_ = State::request_line;
  blank_line_before_ = false;
  empty(head_);
  empty(body_);
  scratch_.clear();
  fields_.clear();
  line_begin_ = n_lines_ = n_chunks_ = trailer_bytes_ = remaining_ = 0;
}

std::optional<HttpParser::Event> HttpParser::advance(std::string_view& rest) {
  switch (state_) {
    case State::request_line:
      return read_request_line(rest);
    case State::fields:
      return read_fields(rest);
    case State::body:
      return read_body(rest);
    case State::chunk_size:
      return read_chunk_size(rest);
    case State::chunk_data:
      return read_chunk_data(rest);
    case State::chunk_end:
      return read_chunk_end(rest);
    case State::trailers:
      return read_trailers(rest);
    case State::complete:
    case State::failed:
      break;
  }
  return Event::error;
}

/// The next line without its CRLF; nullopt where it is not yet complete, after its beginning was added to `store`.
std::optional<std::string_view> HttpParser::take_line(std::string_view& rest, std::string& store,
                                                      const LineLimit& limit) {
  const std::size_t newline = rest.find('\n');
  const std::size_t size = newline == std::string_view::npos ? rest.size() : newline + 1;
  if (store.size() - line_begin_ + size > limit.bytes) {
    throw HttpError(limit.status,
                    std::string(limit.what) + " is longer than the limit of " + std::to_string(limit.told) + " bytes");
  }
  store.append(rest.substr(0, size));
  rest.remove_prefix(size);
  if (newline == std::string_view::npos) return std::nullopt;
  std::string_view line = std::string_view(store).substr(line_begin_);
  if (!line.ends_with(crlf)) throw HttpError(400, "a line ends in LF without CR");
  line.remove_suffix(crlf.size());
  line_begin_ = store.size();
  return line;
}

std::optional<HttpParser::Event> HttpParser::read_request_line(std::string_view& rest) {
  const LineLimit limit{limits_.request_line + crlf.size(), begins_with_method(head_, rest) ? 414 : 400,
                        "the request line", limits_.request_line};
  const auto line = take_line(rest, head_, limit);
  if (!line) return std::nullopt;
  if (line->empty() && !blank_line_before_) {
    blank_line_before_ = true;
    head_.clear();
    line_begin_ = 0;
    return std::nullopt;
  }
  const http::RequestLine parsed = http::parse_request_line(*line);
  request_ = HttpRequest{};
  request_.method = parsed.method;
  request_.minor_version = parsed.minor_version;
  target_size_ = parsed.target.size();
  field_begin_ = head_.size();
  state_ = State::fields;
  return std::nullopt;
}

std::optional<HttpParser::Event> HttpParser::read_fields(std::string_view& rest) {
  const std::size_t room = limits_.head - std::min(limits_.head, line_begin_);
  const LineLimit limit = room < limits_.field_size
                              ? LineLimit{room, 431, "the head of the request", limits_.head}
                              : LineLimit{limits_.field_size, 431, "a header field", limits_.field_size};
  const auto line = take_line(rest, head_, limit);
  if (!line) return std::nullopt;
  if (line->empty()) return end_head();
  if (++n_lines_ > limits_.fields) {
    throw HttpError(431, "the request has more than " + std::to_string(limits_.fields) + " header fields");
  }
  return std::nullopt;
}

HttpParser::Event HttpParser::end_head() {
  const std::string_view head = head_;
  request_.target = head.substr(http_method_name(request_.method).size() + 1, target_size_);
  for (std::size_t begin = field_begin_; head.substr(begin) != crlf;) {
    const std::size_t end = head.find(crlf, begin);
    fields_.push_back(http::parse_field(head.substr(begin, end - begin)));
    begin = end + crlf.size();
  }
  request_.fields = fields_;
  const http::Framing framing = http::read_framing(request_, fields_, limits_.body);
  remaining_ = framing.content_length;
  line_begin_ = 0;
  state_ = framing.chunked ? State::chunk_size : State::body;
  return Event::head;
}

std::optional<HttpParser::Event> HttpParser::read_body(std::string_view& rest) {
  const std::size_t size = std::min(rest.size(), remaining_);
  body_.append(rest.substr(0, size));
  rest.remove_prefix(size);
  remaining_ -= size;
  if (remaining_ > 0) return std::nullopt;
  return end_message();
}

std::optional<HttpParser::Event> HttpParser::read_chunk_size(std::string_view& rest) {
  constexpr std::size_t most_digits = 16;
  const LineLimit limit{most_digits + limits_.chunk_extension + crlf.size(), 400, "a chunk extension",
                        limits_.chunk_extension};
  const auto line = take_line(rest, scratch_, limit);
  if (!line) return std::nullopt;
  remaining_ = http::parse_chunk_size(*line);
  if (remaining_ > limits_.body - body_.size()) throw http::too_large_body(limits_.body);
  if (++n_chunks_ > limits_.chunks) {
    throw HttpError(413, "the body comes in more than " + std::to_string(limits_.chunks) + " chunks");
  }
  state_ = remaining_ == 0 ? State::trailers : State::chunk_data;
  scratch_.clear();
  line_begin_ = 0;
  return std::nullopt;
}

std::optional<HttpParser::Event> HttpParser::read_chunk_data(std::string_view& rest) {
  const std::size_t size = std::min(rest.size(), remaining_);
  body_.append(rest.substr(0, size));
  rest.remove_prefix(size);
  remaining_ -= size;
  if (remaining_ == 0) state_ = State::chunk_end;
  return std::nullopt;
}

std::optional<HttpParser::Event> HttpParser::read_chunk_end(std::string_view& rest) {
  while (!rest.empty() && scratch_.size() < crlf.size()) {
    if (rest.front() != crlf[scratch_.size()]) throw HttpError(400, "a chunk does not end where its size says");
    scratch_.push_back(rest.front());
    rest.remove_prefix(1);
  }
  if (scratch_.size() < crlf.size()) return std::nullopt;
  scratch_.clear();
  state_ = State::chunk_size;
  return std::nullopt;
}

std::optional<HttpParser::Event> HttpParser::read_trailers(std::string_view& rest) {
  const LineLimit limit{limits_.trailers - std::min(limits_.trailers, trailer_bytes_), 431, "the trailer",
                        limits_.trailers};
  const auto line = take_line(rest, scratch_, limit);
  if (!line) return std::nullopt;
  if (line->empty()) return end_message();
  http::check_trailer(http::parse_field(*line));
  trailer_bytes_ += scratch_.size();
  scratch_.clear();
  line_begin_ = 0;
  return std::nullopt;
}

HttpParser::Event HttpParser::end_message() {
  request_.body = body_;
  state_ = State::complete;
  return Event::message;
}

}  // namespace thrum
