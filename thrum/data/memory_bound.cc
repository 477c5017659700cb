#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/data/memory_bound_internal.h"
#include "thrum/runtime/machine.h"

namespace thrum {

void check_memory(std::uint64_t bytes, const std::string& what, const std::string& remedy) {
  constexpr std::uint64_t little = std::uint64_t{1} << 28;
  if (bytes <= little) return;
  if (const std::uint64_t available = available_memory(); bytes > available) {
    throw Error(ErrorCode::out_of_memory,
                fmt::format("{} takes {:.1f} GiB, this machine has {:.1f}", what, static_cast<double>(bytes) / 0x1p30,
                            static_cast<double>(available) / 0x1p30),
                remedy);
  }
}

}  // namespace thrum
