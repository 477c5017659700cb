#include <fmt/format.h>
#include <zstd.h>

#include <memory>
#include <new>

#include "thrum/cache/entry_format_internal.h"
#include "thrum/core/error.h"

namespace thrum {

std::vector<std::byte> compress_payload(ByteSpan value, int level) {
  std::vector<std::byte> frame(ZSTD_compressBound(value.size()));
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), value.data(), value.size(), level);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // nothing else can go wrong with so large a buffer
  frame.resize(size);
  return frame;
}

std::vector<std::byte> decompress_payload(ByteSpan payload, std::uint64_t value_size, std::string_view where) {
  const auto fail = [&] {
    throw Error(ErrorCode::corrupt_data, fmt::format("[cache] the entry {} does not decompress", where));
  };
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (stream == nullptr) throw std::bad_alloc();
  // In pieces, so that a wrong size takes no more memory than there are data.
  std::vector<std::byte> value;
  std::vector<std::byte> piece(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{payload.data(), payload.size(), 0};
  for (std::size_t wanted = 1; wanted != 0;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    const std::size_t consumed = in.pos;
    wanted = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(wanted) != 0 || (out.pos == 0 && in.pos == consumed)) fail();
    value.insert(value.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(out.pos));
    if (value.size() > value_size) fail();
  }
  if (value.size() != value_size || in.pos != in.size) fail();
  return value;
}

}  // namespace thrum
