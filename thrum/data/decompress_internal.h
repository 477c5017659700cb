#pragma once

#include <cstdint>
#include <string>

#include "thrum/comm/execution.h"
#include "thrum/core/bytes.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// Whether `bytes` begin as gzip or zstd data do.
bool is_compressed(ByteSpan bytes) noexcept;

/// What was compressed, all members (gzip) or frames (zstd) in order. `name` is for messages. REQUIRES: is_compressed.
/// Throws corrupt_data for damaged or incomplete data, out_of_memory for more than the machine has, cancelled.
std::string decompress(ByteSpan bytes, const std::string& name, const Execution& execution);

/// The same where `most` bytes are all that may come out.
std::string decompress(ByteSpan bytes, const std::string& name, std::uint64_t most, const Execution& execution);

/// The same, handed over piece by piece.
void decompress(ByteSpan bytes, const std::string& name, FunctionRef<void(ByteSpan)> take, const Execution& execution);

}  // namespace thrum
