#pragma once

#include <cstdint>
#include <string>

#include "thrum/core/bytes.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// Empty memory that other processes can map. `name` appears in /proc. Throws io.
UniqueFd create_memfd(const std::string& name);

/// Writes `bytes` at `offset`; the memory grows. By write(2): it reports a lack of memory, where filling a mapping
/// would end in SIGBUS, and is twice as fast. Throws io.
void write_memfd(int fd, std::uint64_t offset, ByteSpan bytes);

/// Nobody can change, grow or shrink it any more. REQUIRES: nobody has it mapped for writing. Throws io.
void seal_memfd(int fd);

}  // namespace thrum
