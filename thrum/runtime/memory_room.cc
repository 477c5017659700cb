#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/runtime/memory_room_internal.h"
#include "thrum/runtime/process_status_internal.h"

namespace thrum {

void check_room(const Scratch* scratch, std::uint64_t bytes, const std::string& what) {
  if (scratch == nullptr) return;
  // What is mapped from files, arrays included, can be let go of.
  const std::uint64_t least = status_bytes("RssAnon") + bytes;
  if (least <= scratch->memory_limit()) return;
  const std::uint64_t mebibytes = (least >> 20) + 1;
  throw Error(ErrorCode::out_of_memory,
              fmt::format("[memory] {} {} MiB, the process {} MiB at least, more than the limit of {} MiB", what,
                          (bytes >> 20) + 1, mebibytes, scratch->memory_limit() >> 20),
              fmt::format("raise the limit to {}M or more, or use fewer columns or threads", mebibytes));
}

}  // namespace thrum
