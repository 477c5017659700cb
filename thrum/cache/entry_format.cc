#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "thrum/cache/entry_format_internal.h"
#include "thrum/cache/xxh3_internal.h"
#include "thrum/core/assert.h"
#include "thrum/core/error.h"

namespace thrum {
namespace {

[[noreturn]] void fail(std::string_view where, std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("[cache] the entry {} {}", where, what));
}

std::size_t offset_of_payload(const EntryHeader& header) {
  const std::size_t end = sizeof(EntryHeader) + header.function_size + header.version_size;
  return (end + payload_alignment - 1) / payload_alignment * payload_alignment;
}

/// REQUIRES: `front` is all that stands before the payload.
std::uint64_t checksum_of(ByteSpan front) {
  std::array<std::byte, longest_entry_front> copy;
  std::memcpy(copy.data(), front.data(), front.size());
  std::memset(copy.data() + offsetof(EntryHeader, checksum), 0, sizeof(EntryHeader::checksum));
  return xxh3_64(ByteSpan(copy).first(front.size()));
}

}  // namespace

std::vector<std::byte> entry_front(EntryHeader header, std::string_view function, std::string_view version) {
  THRUM_ASSERT(function.size() <= longest_name && version.size() <= longest_name);
  header.function_size = static_cast<std::uint32_t>(function.size());
  header.version_size = static_cast<std::uint32_t>(version.size());
  header.checksum = 0;
  std::vector<std::byte> front(offset_of_payload(header));
  std::memcpy(front.data(), &header, sizeof header);
  std::ranges::copy(bytes_of(function), front.begin() + sizeof header);
  std::ranges::copy(bytes_of(version), front.begin() + static_cast<std::ptrdiff_t>(sizeof header + function.size()));
  header.checksum = xxh3_64(front);
  std::memcpy(front.data(), &header, sizeof header);
  return front;
}

ParsedEntry parse_entry_front(ByteSpan beginning, std::uint64_t file_size, std::string_view where) {
  if (beginning.size() < sizeof(EntryHeader)) fail(where, "is cut off");
  ParsedEntry entry{.header = load<EntryHeader>(beginning)};
  const EntryHeader& header = entry.header;
  if (header.magic != EntryHeader::expected_magic) fail(where, "is no entry of a cache");
  if (header.format != EntryHeader::expected_format) fail(where, "has a format that this version does not know");
  if (header.function_size > longest_name || header.version_size > longest_name) fail(where, "is damaged");
  entry.payload_offset = offset_of_payload(header);
  if (beginning.size() < entry.payload_offset) fail(where, "is cut off");
  if (checksum_of(beginning.first(entry.payload_offset)) != header.checksum) fail(where, "is damaged");
  const std::uint64_t payload_size = file_size - entry.payload_offset;
  if (payload_size < header.payload_size) fail(where, "is cut off");
  if (payload_size > header.payload_size) fail(where, "has bytes after its end");
  const std::string_view names = text_of(beginning.subspan(sizeof header));
  entry.function = names.substr(0, header.function_size);
  entry.version = names.substr(header.function_size, header.version_size);
  return entry;
}

ParsedEntry parse_entry(ByteSpan file, std::string_view where, Arena* arena) {
  const ParsedEntry entry = parse_entry_front(file, file.size(), where);
  const ByteSpan payload = file.subspan(entry.payload_offset);
  if (digest_of(payload, arena) != entry.header.payload_digest) fail(where, "is damaged");
  const bool compressed = (entry.header.flags & EntryHeader::compressed_flag) != 0;
  if (!compressed && entry.header.value_size != payload.size()) fail(where, "is damaged");
  return entry;
}

}  // namespace thrum
