// Any bytes in the place of an entry are its value or a miss. They are tried as they are, and with the checksums put
// right so that what lies behind them is reached.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "thrum/cache/entry_format_internal.h"
#include "thrum/cache/xxh3_internal.h"
#include "thrum/core/error.h"

namespace thrum {
namespace {

void put_checksums_right(std::vector<std::byte>& file) {
  if (file.size() < sizeof(EntryHeader)) return;
  auto header = load<EntryHeader>(file);
  header.magic = EntryHeader::expected_magic;
  header.format = EntryHeader::expected_format;
  header.function_size %= longest_name + 1;
  header.version_size %= longest_name + 1;
  header.checksum = 0;
  const std::size_t names_end = sizeof(EntryHeader) + header.function_size + header.version_size;
  const std::size_t offset = (names_end + payload_alignment - 1) / payload_alignment * payload_alignment;
  file.resize(std::max(file.size(), offset));
  header.payload_size = file.size() - offset;
  header.payload_digest = digest_of(ByteSpan(file).subspan(offset));
  std::memcpy(file.data(), &header, sizeof header);
  header.checksum = xxh3_64(ByteSpan(file).first(offset));
  std::memcpy(file.data(), &header, sizeof header);
}

void expect_value_or_error(const std::vector<std::byte>& file) {
  try {
    const ParsedEntry entry = parse_entry(file, "fuzz");
    if (entry.payload_offset + entry.header.payload_size != file.size()) std::abort();
    if ((entry.header.flags & EntryHeader::compressed_flag) == 0) return;
    const ByteSpan payload = ByteSpan(file).subspan(entry.payload_offset);
    if (decompress_payload(payload, entry.header.value_size, "fuzz").size() != entry.header.value_size) std::abort();
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace thrum

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> file(first, first + size);
  thrum::expect_value_or_error(file);
  thrum::put_checksums_right(file);
  thrum::expect_value_or_error(file);
  return 0;
}
