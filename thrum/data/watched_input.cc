#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/data/decompress_internal.h"
#include "thrum/data/watched_input_internal.h"

namespace thrum {

Scratch::Bytes watch_input(const MappedFile& file, const std::string& name, const Execution& execution) {
  if (execution.scratch == nullptr || file.bytes().empty()) return {};
  if (!file.is_mapped() || is_compressed(file.bytes())) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] within a memory limit, expected a file that is not compressed and no pipe", name),
                "write it to a file first, such as with zcat");
  }
  return execution.scratch->watch(file.bytes());
}

}  // namespace thrum
