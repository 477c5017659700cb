#pragma once

#include <cstddef>
#include <string>

#include "thrum/comm/execution.h"
#include "thrum/core/function_ref.h"
#include "thrum/runtime/file.h"

namespace thrum {

/// Writes text_of(0), text_of(1), … text_of(n_blocks - 1) in this order. They are made in parallel, a few at a time, so
/// memory does not grow with n_blocks. Reports stage "write" in blocks. Throws io, cancelled.
void write_ordered_blocks(FileWriter& file, std::size_t n_blocks, FunctionRef<std::string(std::size_t)> text_of,
                          const Execution& execution);

}  // namespace thrum
