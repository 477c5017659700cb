#pragma once

#include <cstdint>
#include <string>

#include "thrum/runtime/scratch.h"

namespace thrum {

/// To be called before memory beside the arrays of a Scratch, which may be null, is taken. Throws out_of_memory where
/// `bytes` more than the process has of its own now go beyond the limit, and says for `what`, such as "70000 columns
/// take", how high it is to be at least.
void check_room(const Scratch* scratch, std::uint64_t bytes, const std::string& what);

}  // namespace thrum
