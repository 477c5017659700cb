#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/data/memory_bound_internal.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/memory_room_internal.h"

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

void check_column_room(std::size_t n_columns, const std::string& source, const Execution& execution) {
  constexpr std::size_t in_all = 512, of_a_thread = 128;  // measured, of names of a few letters
  const std::size_t bytes = n_columns * (in_all + of_a_thread * static_cast<std::size_t>(execution.arena->slots()));
  check_room(execution.scratch, bytes, fmt::format("the {} columns of {} take", n_columns, source));
}

}  // namespace thrum
