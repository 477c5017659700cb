#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "thrum/cache/digest.h"

namespace thrum {

/// The entries lie in this many folders: "00" to "ff", the first byte of the key.
inline constexpr unsigned n_shards = 256;

inline unsigned shard_of(const Digest& key) noexcept {
  return static_cast<unsigned>(key.high >> 56);
}

std::filesystem::path shard_path(const std::filesystem::path& root, unsigned shard);
std::filesystem::path entry_path(const std::filesystem::path& root, const Digest& key);

/// What a file takes of the disk: whole blocks of 4 KiB.
constexpr std::uint64_t disk_bytes(std::uint64_t file_size) {
  constexpr std::uint64_t block = 4096;
  return (file_size + block - 1) / block * block;
}

/// Names of this beginning are files being written where the file system has none without a name.
inline constexpr const char* temporary_prefix = ".tmp-";

struct ShardEntry {
  Digest key;
  std::uint64_t disk_bytes = 0;
  std::int64_t last_used_ns = 0;  ///< since 1970
};

/// The entries of one folder, in no order; empty where there is none. Removes temporary files that an hour ago were
/// left behind.
std::vector<ShardEntry> list_shard(const std::filesystem::path& root, unsigned shard);

/// Nanoseconds since 1970, quickly and to some milliseconds.
std::int64_t coarse_now_ns() noexcept;

}  // namespace thrum
