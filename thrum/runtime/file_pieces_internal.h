#pragma once

#include <filesystem>

#include "thrum/core/bytes.h"
#include "thrum/core/function_ref.h"

namespace thrum {

/// Whether MappedFile maps this file instead of reading it into memory. Throws io where it cannot be read.
bool can_map(const std::filesystem::path& path);

/// Hands the bytes of a file or pipe ("-" is standard input) over, a piece after the other. Throws io naming the path,
/// and what `take` throws.
void read_pieces(const std::filesystem::path& path, FunctionRef<void(ByteSpan)> take);

}  // namespace thrum
