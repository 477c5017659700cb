#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/cache/digest.h"
#include "thrum/core/bytes.h"

namespace thrum {

/// The file of an entry, little-endian: this header, the function's name and version, zeros up to a multiple of 64, and
/// the payload, with which the file ends.
struct EntryHeader {
  static constexpr std::uint64_t expected_magic = 0x7972'746E'6572'6874;  // "threntry"
  static constexpr std::uint32_t expected_format = 1;
  static constexpr std::uint32_t compressed_flag = 1;  ///< the payload is a zstd frame

  std::uint64_t magic = expected_magic;
  std::uint32_t format = expected_format;
  std::uint32_t flags = 0;
  Digest key = {};
  std::int64_t created_ns = 0;   ///< since 1970
  std::int64_t duration_ns = 0;  ///< of the computation
  std::uint64_t value_size = 0;  ///< of the payload, decompressed
  std::uint64_t payload_size = 0;
  Digest payload_digest = {};
  std::uint32_t function_size = 0;
  std::uint32_t version_size = 0;
  std::uint64_t checksum = 0;  ///< XXH3-64 of all that stands before the payload, with zeros here
};
static_assert(sizeof(EntryHeader) == 96);

inline constexpr std::size_t payload_alignment = 64;
inline constexpr std::size_t longest_name = 1024;  ///< of a function and of a version
/// This much of a file holds all that stands before the payload.
inline constexpr std::size_t longest_entry_front = sizeof(EntryHeader) + 2 * longest_name + payload_alignment;

/// All that stands before the payload. Sizes and checksum of `header` are filled in.
std::vector<std::byte> entry_front(EntryHeader header, std::string_view function, std::string_view version);

/// Views into the bytes of an entry's file.
struct ParsedEntry {
  EntryHeader header = {};
  std::string_view function = {};
  std::string_view version = {};
  std::size_t payload_offset = 0;
};

/// Checks all that stands before the payload, and that the file, of which `beginning` is the first part or the whole,
/// is as long as it must be. Throws corrupt_data naming `where`.
ParsedEntry parse_entry_front(ByteSpan beginning, std::uint64_t file_size, std::string_view where);

/// Checks the whole file, payload included. Throws corrupt_data naming `where`.
ParsedEntry parse_entry(ByteSpan file, std::string_view where, Arena* arena = nullptr);

/// The value's bytes in a zstd frame. Throws corrupt_data naming `where`.
std::vector<std::byte> decompress_payload(ByteSpan payload, std::uint64_t value_size, std::string_view where);
std::vector<std::byte> compress_payload(ByteSpan value, int level);

}  // namespace thrum
