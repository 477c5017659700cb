#define ZLIB_CONST
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/data/decompress_internal.h"
#include "thrum/runtime/machine.h"

namespace thrum {
namespace {

constexpr std::string_view gzip_magic = "\x1F\x8B";
constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";
constexpr std::size_t chunk_size = std::size_t{1} << 18;

/// What all formats share: the input still to read, and where the text goes.
class Decompression {
 public:
  Decompression(ByteSpan bytes, const std::string& name, FunctionRef<void(ByteSpan)> take, const Execution& execution)
      : all_(bytes), left_(bytes), name_(name), take_(take), execution_(execution) {}

  ByteSpan left() const { return left_; }
  void consume(std::size_t n) { left_ = left_.subspan(n); }
  std::vector<char>& chunk() { return chunk_; }

  /// Hands the first `n` bytes of the chunk over.
  void append(std::size_t n) {
    execution_.check_stop("read");
    take_(bytes_of(std::string_view(chunk_.data(), n)));
    execution_.report({.stage = "decompress", .done = all_.size() - left_.size(), .total = all_.size()});
  }

  [[noreturn]] void fail_incomplete(std::string_view format) const {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("[{}] the {} data end too early, after {} bytes", name_, format, all_.size()),
                "copy the file again");
  }
  [[noreturn]] void fail_damaged(std::string_view format, std::string_view reason) const {
    throw Error(
        ErrorCode::corrupt_data,
        fmt::format("[{}] the {} data are damaged near byte {}: {}", name_, format, all_.size() - left_.size(), reason),
        "copy the file again");
  }

 private:
  ByteSpan all_;
  ByteSpan left_;
  const std::string& name_;
  FunctionRef<void(ByteSpan)> take_;
  const Execution& execution_;
  std::vector<char> chunk_ = std::vector<char>(chunk_size);
};

[[noreturn]] void fail_too_large(const std::string& name, std::uint64_t most) {
  throw Error(ErrorCode::out_of_memory,
              fmt::format("[{}] decompressed it is larger than {:.1f} GiB, which this machine has", name,
                          static_cast<double>(most) / 0x1p30));
}

void end_inflate(z_stream* stream) {
  inflateEnd(stream);
}

/// One member; a file may be several (RFC 1952, section 2.2).
void inflate_member(Decompression& work) {
  z_stream stream = {};
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&end_inflate)> owner(&stream, end_inflate);
  for (int status = Z_OK; status != Z_STREAM_END;) {
    const std::size_t given = std::min<std::size_t>(work.left().size(), std::numeric_limits<uInt>::max());
    stream.next_in = reinterpret_cast<const Bytef*>(work.left().data());
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(work.chunk().data());
    stream.avail_out = static_cast<uInt>(chunk_size);
    status = inflate(&stream, Z_NO_FLUSH);
    work.consume(given - stream.avail_in);
    if (status == Z_BUF_ERROR) work.fail_incomplete("gzip");
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END) work.fail_damaged("gzip", stream.msg);
    work.append(chunk_size - stream.avail_out);
  }
}

void gunzip(Decompression& work) {
  while (!work.left().empty()) {
    if (!text_of(work.left()).starts_with(gzip_magic)) {
      // Tapes and some tools fill the last block with zeros.
      if (text_of(work.left()).find_first_not_of('\0') == std::string_view::npos) return;
      work.fail_damaged("gzip", "neither its end nor another member");
    }
    inflate_member(work);
  }
}

void unzstd(Decompression& work) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (stream == nullptr) throw std::bad_alloc();
  for (bool frame_ended = true; !work.left().empty() || !frame_ended;) {
    ZSTD_inBuffer in{work.left().data(), work.left().size(), 0};
    ZSTD_outBuffer out{work.chunk().data(), chunk_size, 0};
    const std::size_t wanted = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(wanted) != 0) work.fail_damaged("zstd", ZSTD_getErrorName(wanted));
    work.consume(in.pos);
    work.append(out.pos);
    frame_ended = wanted == 0;
    if (work.left().empty() && !frame_ended && out.pos < chunk_size) work.fail_incomplete("zstd");
  }
}

}  // namespace

bool is_compressed(ByteSpan bytes) noexcept {
  return text_of(bytes).starts_with(gzip_magic) || text_of(bytes).starts_with(zstd_magic);
}

std::string decompress(ByteSpan bytes, const std::string& name, const Execution& execution) {
  return decompress(bytes, name, available_memory(), execution);
}

std::string decompress(ByteSpan bytes, const std::string& name, std::uint64_t most, const Execution& execution) {
  std::string text;
  decompress(
      bytes, name,
      [&](ByteSpan piece) {
        if (text.size() + piece.size() > most) fail_too_large(name, most);
        text += text_of(piece);
      },
      execution);
  return text;
}

void decompress(ByteSpan bytes, const std::string& name, FunctionRef<void(ByteSpan)> take, const Execution& execution) {
  Decompression work(bytes, name, take, execution);
  if (text_of(bytes).starts_with(gzip_magic)) {
    gunzip(work);
  } else {
    unzstd(work);
  }
}

}  // namespace thrum
