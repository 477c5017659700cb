#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "thrum/serve/http_request.h"
#include "thrum/serve/query.h"
#include "thrum/serve/route_internal.h"

namespace {

/// Each byte as %xx.
std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789aBcDeF";
  std::string all;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    all += {'%', digits[byte / 16], digits[byte % 16]};
  }
  return all;
}

void read(std::string_view query) {
  try {
    thrum::query_value(query, "x");
    if (!std::isfinite(thrum::query_number(query, "x"))) std::abort();
  } catch (const thrum::HttpError& error) {
    if (error.status() != 400) std::abort();
  }
}

}  // namespace

// Any text is a query or is refused with 400; what is encoded in a query or a path comes back as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read(text);
  if (thrum::query_value("a=1&" + encoded("x" + text) + "=" + encoded(text), "x" + text) != text) std::abort();
  thrum::serving::RouteNames names;
  const std::string path = "/v2/models/" + encoded(text) + "/infer";
  const bool fits = thrum::serving::fits_route("/v2/models/{model}/infer", path, names);
  if (fits != !text.empty() || (fits && names.model != text)) std::abort();
  return 0;
}
