#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/bytes.h"

namespace thrum::formats {

/// A file in a ZIP archive.
struct ZipEntry {
  std::string name;
  bool deflated = false;  ///< else stored as it is
  ByteSpan packed;        ///< of the archive
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
};

/// Whether `bytes` begin as a ZIP archive does.
bool is_zip(ByteSpan bytes) noexcept;

/// What lies in an archive (PKWARE's APPNOTE 6.3, with the 64-bit extensions), in the order of its directory. `name` is
/// for messages. Throws corrupt_data for a damaged directory: places outside the file, entries that overlap, of one
/// name or of sizes that deflate cannot reach; invalid_argument for an encrypted entry and for another compression than
/// deflate.
std::vector<ZipEntry> zip_entries(ByteSpan bytes, const std::string& name);

/// The bytes of a deflated entry, of which no more than its size are ever in memory. Throws corrupt_data where they are
/// damaged or more or fewer than its size, out_of_memory where this machine cannot hold them, cancelled.
std::string inflate_entry(const ZipEntry& entry, const std::string& name, const Execution& execution);

/// Throws corrupt_data where the bytes do not have the entry's checksum.
void check_crc(const ZipEntry& entry, ByteSpan bytes, const std::string& name);

}  // namespace thrum::formats
