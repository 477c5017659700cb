#include "thrum/serve/route_internal.h"

#include "thrum/serve/http_syntax_internal.h"

namespace thrum::serving {
namespace {

/// What `pattern`, from a '{' on, names in `path`; both lose it.
std::string take_segment(std::string_view& pattern, std::string_view& path) {
  pattern.remove_prefix(pattern.find('}') + 1);
  const std::string_view segment = path.substr(0, path.find_first_of("/:"));
  path.remove_prefix(segment.size());
  return percent_decoded(segment);
}

}  // namespace

bool fits_route(std::string_view pattern, std::string_view path, RouteNames& names) {
  names.version.clear();
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front()) return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    std::string& name = pattern.starts_with("{model}") ? names.model : names.version;
    name = take_segment(pattern, path);
    if (name.empty()) return false;
  }
  return path.empty();
}

std::string percent_decoded(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool is_escape = segment[i] == '%' && i + 2 < segment.size() && http::hex_value(segment[i + 1]) >= 0 &&
                           http::hex_value(segment[i + 2]) >= 0;
    if (is_escape) {
      text += static_cast<char>(http::hex_value(segment[i + 1]) * 16 + http::hex_value(segment[i + 2]));
      i += 2;
    } else {
      text += segment[i];
    }
  }
  return text;
}

}  // namespace thrum::serving
