#pragma once

#include <cstddef>
#include <string>

#include "thrum/core/bytes.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// A copy of `bytes` in memory that can be given to other processes and that nobody can change any more (memfd, sealed
/// against writing, growing and shrinking). It goes back when the last process that holds or maps it ends, however it
/// ends. `name` appears in /proc. Throws io, such as for lack of memory.
UniqueFd share_bytes(const std::string& name, ByteSpan bytes);

/// The bytes behind a descriptor of share_bytes, mapped read-only: no copy, whatever the number of processes. The
/// descriptor may be closed meanwhile. Movable; the bytes stay where they are.
class SharedBytes {
 public:
  /// Throws io; invalid_argument when `fd` is not sealed: its owner could change or shorten it under the reader.
  explicit SharedBytes(int fd);
  ~SharedBytes();
  SharedBytes(SharedBytes&& other) noexcept;
  SharedBytes& operator=(SharedBytes&& other) noexcept;

  ByteSpan bytes() const noexcept { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace thrum
