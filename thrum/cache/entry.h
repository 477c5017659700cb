#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "thrum/cache/digest.h"

namespace thrum {

/// What is known about a stored result besides its value.
struct EntryInfo {
  Digest key;
  std::string function;  ///< the name given to Memory::cache
  std::string version;
  std::chrono::system_clock::time_point created;
  std::chrono::system_clock::time_point last_used;  ///< to a minute
  std::chrono::nanoseconds duration{};              ///< what computing it took
  std::uint64_t value_bytes = 0;                    ///< the value before compression
  std::uint64_t disk_bytes = 0;                     ///< the file, in whole blocks of 4 KiB
};

/// How much of something entries are.
struct Usage {
  std::uint64_t bytes = 0;  ///< on disk
  std::uint64_t entries = 0;

  Usage& operator+=(const Usage& other) noexcept {
    bytes += other.bytes;
    entries += other.entries;
    return *this;
  }
  friend bool operator==(const Usage&, const Usage&) = default;
};

}  // namespace thrum
