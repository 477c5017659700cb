#define ZLIB_CONST
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <unordered_set>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/data/formats/zip_internal.h"
#include "thrum/data/memory_bound_internal.h"

namespace thrum::formats {
namespace {

constexpr std::string_view local_magic = "PK\x03\x04";
constexpr std::string_view central_magic = "PK\x01\x02";
constexpr std::string_view end_magic = "PK\x05\x06";
constexpr std::string_view end64_magic = "PK\x06\x06";
constexpr std::string_view locator64_magic = "PK\x06\x07";
constexpr std::size_t local_size = 30;
constexpr std::size_t central_size = 46;
constexpr std::size_t end_size = 22;
constexpr std::size_t end64_size = 56;
constexpr std::size_t locator64_size = 20;
constexpr std::uint32_t in_extra = 0xFFFFFFFF;  ///< a 32-bit field whose value stands in the 64-bit extra field

/// No byte of deflate makes more than 1032 (zlib's technical notes).
constexpr std::uint64_t most_per_byte = 1032;

/// An archive, read with every place checked.
class Archive {
 public:
  Archive(ByteSpan bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::vector<ZipEntry> entries() const;

 private:
  struct Directory {
    std::uint64_t offset = 0;
    std::uint64_t n_entries = 0;
  };
  /// An entry, and what the checks need of it.
  struct Placed {
    ZipEntry entry;
    std::uint64_t packed_size = 0;
    std::uint64_t offset = 0;  ///< of its local header
    std::uint64_t end = 0;     ///< behind its bytes
  };

  std::optional<Directory> directory() const;
  Directory directory64(std::uint64_t locator) const;
  Placed central_entry(ByteSpan header, std::string_view extra) const;
  void take_sizes64(Placed& placed, std::string_view extra, std::uint32_t size, std::uint32_t packed,
                    std::uint32_t offset) const;
  void place(Placed& placed) const;
  void refuse_overlaps(std::vector<Placed>& placed) const;

  /// `n` bytes from `offset` on.
  ByteSpan part(std::uint64_t offset, std::uint64_t n) const {
    if (offset > bytes_.size() || n > bytes_.size() - offset) fail("a part of it lies behind its end");
    return bytes_.subspan(offset, n);
  }
  template <class T>
  T field(ByteSpan header, std::size_t offset) const {
    return load<T>(header.subspan(offset));
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] the ZIP archive is damaged: {}", name_, what),
                "copy the file again");
  }

  ByteSpan bytes_;
  const std::string& name_;
};

std::vector<ZipEntry> Archive::entries() const {
  const auto found = directory();
  if (!found) fail("it has no directory at its end");
  std::vector<Placed> placed;
  std::unordered_set<std::string> names;
  std::uint64_t at = found->offset;
  for (std::uint64_t i = 0; i < found->n_entries; ++i) {
    const ByteSpan header = part(at, central_size);
    if (!text_of(header).starts_with(central_magic)) fail("its directory is none");
    const std::uint64_t n_name = field<std::uint16_t>(header, 28);
    const std::uint64_t n_extra = field<std::uint16_t>(header, 30);
    const std::uint64_t n_comment = field<std::uint16_t>(header, 32);
    Placed next = central_entry(header, text_of(part(at + central_size + n_name, n_extra)));
    next.entry.name = text_of(part(at + central_size, n_name));
    if (!names.insert(next.entry.name).second) fail(fmt::format("it holds {} twice", in_quotes(next.entry.name)));
    place(next);
    placed.push_back(std::move(next));
    at += central_size + n_name + n_extra + n_comment;
  }
  refuse_overlaps(placed);
  std::vector<ZipEntry> entries;
  for (Placed& each : placed) entries.push_back(std::move(each.entry));
  return entries;
}

/// From the record at the end of the file, which a comment may follow.
std::optional<Archive::Directory> Archive::directory() const {
  constexpr std::size_t longest_comment = 0xFFFF;
  const std::string_view text = text_of(bytes_);
  const std::size_t at = text.rfind(end_magic);
  if (at == std::string_view::npos || text.size() - at < end_size || text.size() - at > end_size + longest_comment) {
    return std::nullopt;
  }
  if (at >= locator64_size && text.substr(at - locator64_size).starts_with(locator64_magic)) {
    return directory64(at - locator64_size);
  }
  const ByteSpan end = part(at, end_size);
  return Directory{field<std::uint32_t>(end, 16), field<std::uint16_t>(end, 10)};
}

Archive::Directory Archive::directory64(std::uint64_t locator) const {
  const ByteSpan end = part(field<std::uint64_t>(part(locator, locator64_size), 8), end64_size);
  if (!text_of(end).starts_with(end64_magic)) fail("its directory is none");
  return {field<std::uint64_t>(end, 48), field<std::uint64_t>(end, 32)};
}

Archive::Placed Archive::central_entry(ByteSpan header, std::string_view extra) const {
  constexpr unsigned encrypted = 1;
  constexpr unsigned stored = 0;
  constexpr unsigned deflated = 8;
  const unsigned method = field<std::uint16_t>(header, 10);
  if ((field<std::uint16_t>(header, 8) & encrypted) != 0 || (method != stored && method != deflated)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected entries that are stored or deflated, one is {}", name_,
                            method == stored || method == deflated ? "encrypted"
                                                                   : fmt::format("compressed by method {}", method)),
                "write it with numpy.savez or numpy.savez_compressed");
  }
  Placed placed;
  placed.entry.deflated = method == deflated;
  placed.entry.crc = field<std::uint32_t>(header, 16);
  take_sizes64(placed, extra, field<std::uint32_t>(header, 24), field<std::uint32_t>(header, 20),
               field<std::uint32_t>(header, 42));
  return placed;
}

/// Fields that need more than 32 bits stand in the extra field 1, in this order.
void Archive::take_sizes64(Placed& placed, std::string_view extra, std::uint32_t size, std::uint32_t packed,
                           std::uint32_t offset) const {
  std::string_view wide;
  while (extra.size() >= 4) {
    const auto id = load<std::uint16_t>(bytes_of(extra));
    const auto n = load<std::uint16_t>(bytes_of(extra.substr(2)));
    if (id == 1) wide = extra.substr(4, n);
    extra = extra.substr(std::min<std::size_t>(extra.size(), std::size_t{4} + n));
  }
  const auto take = [&](std::uint32_t narrow) -> std::uint64_t {
    if (narrow != in_extra) return narrow;
    if (wide.size() < 8) fail("a size is missing");
    const auto value = load<std::uint64_t>(bytes_of(wide));
    wide = wide.substr(8);
    return value;
  };
  placed.entry.size = take(size);
  placed.packed_size = take(packed);
  placed.offset = take(offset);
}

/// Finds the bytes of an entry, behind its own header.
void Archive::place(Placed& placed) const {
  const ByteSpan header = part(placed.offset, local_size);
  if (!text_of(header).starts_with(local_magic))
    fail(fmt::format("{} is not where it should be", in_quotes(placed.entry.name)));
  const std::uint64_t begin =
      placed.offset + local_size + field<std::uint16_t>(header, 26) + field<std::uint16_t>(header, 28);
  placed.entry.packed = part(begin, placed.packed_size);
  placed.end = begin + placed.packed_size;
  const std::uint64_t most = placed.entry.deflated ? placed.packed_size * most_per_byte : placed.packed_size;
  if (placed.entry.size > most || (!placed.entry.deflated && placed.entry.size != placed.packed_size)) {
    fail(fmt::format("{} cannot be of {} bytes", in_quotes(placed.entry.name), placed.entry.size));
  }
}

void Archive::refuse_overlaps(std::vector<Placed>& placed) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const Placed& each : placed) ranges.emplace_back(each.offset, each.end);
  std::ranges::sort(ranges);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) fail("entries overlap");
  }
}

void end_inflate(z_stream* stream) {
  inflateEnd(stream);
}

[[noreturn]] void fail_entry(const ZipEntry& entry, const std::string& name, std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {} is damaged: {}", name, in_quotes(entry.name), what),
              "copy the file again");
}

}  // namespace

bool is_zip(ByteSpan bytes) noexcept {
  return text_of(bytes).starts_with(local_magic) || text_of(bytes).starts_with(end_magic);
}

std::vector<ZipEntry> zip_entries(ByteSpan bytes, const std::string& name) {
  return Archive(bytes, name).entries();
}

std::string inflate_entry(const ZipEntry& entry, const std::string& name, const Execution& execution) {
  check_memory(entry.size, fmt::format("[{}] {}", name, in_quotes(entry.name)));
  constexpr std::size_t chunk_size = std::size_t{1} << 20;
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&end_inflate)> owner(&stream, end_inflate);
  std::string bytes;
  std::size_t read = 0;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    execution.check_stop("read");
    const std::size_t given = std::min<std::size_t>(entry.packed.size() - read, std::numeric_limits<uInt>::max());
    const std::size_t before = bytes.size();
    bytes.resize(before + std::min<std::size_t>(chunk_size, entry.size - before + 1));
    stream.next_in = reinterpret_cast<const Bytef*>(entry.packed.data() + read);
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + before);
    stream.avail_out = static_cast<uInt>(bytes.size() - before);
    status = inflate(&stream, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_BUF_ERROR) fail_entry(entry, name, "its data end early");
    if (status != Z_OK && status != Z_STREAM_END) fail_entry(entry, name, "its data are not deflated");
    read += given - stream.avail_in;
    bytes.resize(bytes.size() - stream.avail_out);
    if (bytes.size() > entry.size) break;
  }
  if (bytes.size() != entry.size) fail_entry(entry, name, fmt::format("expected {} bytes", entry.size));
  return bytes;
}

void check_crc(const ZipEntry& entry, ByteSpan bytes, const std::string& name) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (crc != entry.crc) fail_entry(entry, name, "its checksum is another");
}

}  // namespace thrum::formats
