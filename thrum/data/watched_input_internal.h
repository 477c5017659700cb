#pragma once

#include <string>

#include "thrum/comm/execution.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/scratch.h"

namespace thrum {

/// Where large arrays lie in a Scratch, it lets go of the file too, until the returned object ends. Throws
/// invalid_argument for what would be in memory as a whole: pipes, compressed files. `name` is for messages.
Scratch::Bytes watch_input(const MappedFile& file, const std::string& name, const Execution& execution);

}  // namespace thrum
