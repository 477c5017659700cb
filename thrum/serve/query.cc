#include "thrum/serve/query.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "thrum/core/printable.h"
#include "thrum/serve/http_request.h"

namespace thrum {
namespace {

char decoded_byte(std::string_view text, std::size_t percent) {
  const std::string_view digits = text.substr(percent + 1, 2);
  unsigned byte = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), byte, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.end()) {
    throw HttpError(400, "[serve] the query has a % that no two hexadecimal digits follow", "write % itself as %25");
  }
  return static_cast<char>(byte);
}

std::string decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      decoded += decoded_byte(text, i);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (decode(pair.substr(0, equals)) != name) continue;
    return decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

double query_number(std::string_view query, std::string_view name) {
  const std::string expected = "[serve] expected a number " + std::string(name) + ", got ";
  const auto text = query_value(query, name);
  if (!text) throw HttpError(400, expected + "none", "add " + std::string(name) + "=… to the query");
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || !std::isfinite(number)) {
    throw HttpError(400, expected + in_quotes(*text));
  }
  return number;
}

}  // namespace thrum
