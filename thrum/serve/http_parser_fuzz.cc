#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "thrum/serve/http_feed_test.h"

namespace {

void check(std::string_view text) {
  thrum::HttpLimits limits;
  limits.body = 1000;
  limits.chunks = 5;
  limits.fields = 6;
  limits.trailers = 40;
  limits.chunk_extension = 20;
  const thrum::Heard whole = thrum::hear({text}, limits);
  if (whole != thrum::hear(thrum::in_pieces(text, 1), limits)) std::abort();
  if (whole != thrum::hear(thrum::in_pieces(text, 7), limits)) std::abort();
  if (whole != thrum::hear(thrum::in_lines(text), limits)) std::abort();
}

}  // namespace

// However the bytes are cut, the parser must hear the same: in a request, and in a chunked body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text);
  check("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + text);
  return 0;
}
