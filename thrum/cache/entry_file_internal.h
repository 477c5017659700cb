#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "thrum/cache/digest.h"
#include "thrum/cache/stored_bytes.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// The content of an open file of `size` bytes: read where it is short, else mapped. Throws io.
StoredBytes read_stored(int fd, std::uint64_t size);

/// A file in a shard's folder that has no name yet, so that nothing is left of it when the process is killed. (Where
/// the file system knows none without a name, its name begins with temporary_prefix.)
class NewEntryFile {
 public:
  /// Makes the shard's folder where it is missing. Throws io, such as for a full disk.
  NewEntryFile(const std::filesystem::path& root, const Digest& key);
  ~NewEntryFile();
  NewEntryFile(const NewEntryFile&) = delete;
  NewEntryFile& operator=(const NewEntryFile&) = delete;

  void write(ByteSpan front, ByteSpan payload);  ///< throws io

  /// Gives it the entry's name, at once and as a whole. False when there is such an entry already. Throws io.
  bool publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;  ///< empty: it has no name
  UniqueFd fd_;
};

}  // namespace thrum
