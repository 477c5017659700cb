#pragma once

#include <memory>
#include <string>
#include <vector>

#include "thrum/cli/parameter.h"
#include "thrum/runtime/scratch.h"

namespace thrum::cli {

/// How much memory a command may use, and where it keeps the rest.
struct MemoryLimit {
  std::string size = {};    ///< "512M"; empty: no limit
  std::string folder = {};  ///< empty: TMPDIR, else /var/tmp
};

/// --memory-limit and --scratch. `limit` outlives them.
std::vector<Parameter> memory_parameters(MemoryLimit& limit);

/// Null without a limit. Throws Failure: (usage) for a size that is none, (failure) for a folder that cannot be used.
std::unique_ptr<Scratch> make_scratch(const MemoryLimit& limit);

/// How many bytes this process had in memory at most (VmHWM in proc(5)); 0 where the system does not say.
std::size_t peak_memory_bytes();

}  // namespace thrum::cli
