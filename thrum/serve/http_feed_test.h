#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/http_parser.h"

namespace thrum {

/// What a parser made of one connection's bytes.
struct Heard {
  std::vector<std::string> requests;  ///< "POST /path body"
  int status = 0;                     ///< of the error, 0 without one
  std::string error;

  bool operator==(const Heard&) const = default;
};

inline void feed(HttpParser& parser, std::string_view piece, Heard& heard) {
  while (true) {
    const auto [event, consumed] = parser.parse(piece);
    piece.remove_prefix(consumed);
    if (event == HttpParser::Event::need_more) return;
    if (event == HttpParser::Event::error) {
      heard.status = parser.error().status();
      heard.error = parser.error().what();
      return;
    }
    if (event != HttpParser::Event::message) continue;
    const HttpRequest& request = parser.request();
    heard.requests.push_back(std::string(http_method_name(request.method)) + " " + std::string(request.target) + " " +
                             std::string(request.body));
  }
}

inline Heard hear(const std::vector<std::string_view>& pieces, const HttpLimits& limits = {}) {
  HttpParser parser(limits);
  Heard heard;
  for (const std::string_view piece : pieces) feed(parser, piece, heard);
  return heard;
}

inline std::vector<std::string_view> in_pieces(std::string_view text, std::size_t size) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); i += size) pieces.push_back(text.substr(i, size));
  return pieces;
}

inline std::vector<std::string_view> in_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

}  // namespace thrum
