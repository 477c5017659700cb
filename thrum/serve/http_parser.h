#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/http_request.h"

namespace thrum {

/// A strict, incremental parser of HTTP/1.x requests (RFC 9112): bytes in, event or error out. What two servers could
/// read in two ways is refused, so that no request can hide in the body of another. How the bytes are cut into pieces
/// changes nothing. Not thread-safe; one per connection.
class HttpParser {
 public:
  enum class Event {
    need_more,  ///< everything was consumed, the request is not at its end
    head,       ///< request() is there but for its body; a client that expects "100 Continue" waits for it
    message,    ///< request() is complete
    error,      ///< error() says why; the rest of the connection can not be understood
  };
  struct Step {
    Event event;
    std::size_t consumed;  ///< bytes of the input; the caller presents the others again
  };

  explicit HttpParser(const HttpLimits& limits = {}) : limits_(limits) {}
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  /// Takes bytes up to the next event. After a message it begins the next request.
  Step parse(std::string_view input);

  /// The connection ended: error where that cuts a request short, else need_more.
  Event finish();

  /// What has come of the request is forgotten, and its memory given back; nothing may be parsed after it.
  void give_up() noexcept;

  /// Nothing of a next request has arrived.
  bool between_requests() const noexcept;
  bool in_body() const noexcept { return state_ >= State::body && state_ <= State::trailers; }

  /// Valid until the next call of parse. REQUIRES: the last event was head (no body yet) or message.
  const HttpRequest& request() const noexcept { return request_; }
  /// REQUIRES: the last event was error.
  const HttpError& error() const noexcept { return *error_; }

 private:
  enum class State { request_line, fields, body, chunk_size, chunk_data, chunk_end, trailers, complete, failed };

  void begin_request();
  std::optional<Event> advance(std::string_view& rest);
  std::optional<Event> read_request_line(std::string_view& rest);
  std::optional<Event> read_fields(std::string_view& rest);
  std::optional<Event> read_body(std::string_view& rest);
  std::optional<Event> read_chunk_size(std::string_view& rest);
  std::optional<Event> read_chunk_data(std::string_view& rest);
  std::optional<Event> read_chunk_end(std::string_view& rest);
  std::optional<Event> read_trailers(std::string_view& rest);
  Event end_head();
  Event end_message();
  Event fail(const HttpError& error);

  struct LineLimit {
    std::size_t bytes;  ///< with the CRLF
    int status;
    const char* what;
    std::size_t told;  ///< the limit that the client is told
  };
  std::optional<std::string_view> take_line(std::string_view& rest, std::string& store, const LineLimit& limit);

  HttpLimits limits_;
  State state_ = State::request_line;
  bool blank_line_before_ = false;
  std::string head_;            ///< request line and fields
  std::string scratch_;         ///< one line of the chunked coding
  std::string body_;            ///< decoded
  std::size_t line_begin_ = 0;  ///< of the line being read, in head_ or scratch_
  std::size_t target_size_ = 0;
  std::size_t field_begin_ = 0;  ///< of the first field, in head_
  std::size_t n_lines_ = 0;      ///< field lines so far
  std::size_t n_chunks_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t remaining_ = 0;  ///< bytes of the body, or of the chunk, still to come
  std::vector<HttpField> fields_;
  HttpRequest request_;
  std::optional<HttpError> error_;
};

}  // namespace thrum
