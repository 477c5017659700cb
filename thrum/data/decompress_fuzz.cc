#include <cstddef>
#include <cstdint>

#include <span>

#include "thrum/core/error.h"
#include "thrum/data/decompress_internal.h"

// Any bytes give a text or corrupt_data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const thrum::LocalExecution execution(1);
  const thrum::ByteSpan bytes = std::as_bytes(std::span(data, size));
  if (!thrum::is_compressed(bytes)) return 0;
  try {
    thrum::decompress(bytes, "x.gz", execution);
  } catch (const thrum::Error& error) {
    if (error.code() != thrum::ErrorCode::corrupt_data) throw;
  }
  return 0;
}
