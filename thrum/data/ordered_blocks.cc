#include <algorithm>
#include <string_view>

#include "thrum/data/ordered_blocks_internal.h"

namespace thrum {

void write_ordered_blocks(FileWriter& file, std::size_t n_blocks, FunctionRef<std::string(std::size_t)> text_of,
                          const Execution& execution) {
  const std::size_t at_once = 4 * static_cast<std::size_t>(execution.arena->slots());
  for (std::size_t begin = 0; begin < n_blocks; begin += at_once) {
    const auto texts = parallel_map(
        *execution.arena, std::min(at_once, n_blocks - begin), [&](std::size_t i) { return text_of(begin + i); },
        execution.stop);
    for (const std::string& text : texts) file.write(std::string_view(text));
    execution.report({.stage = "write", .done = begin + texts.size(), .total = n_blocks});
  }
}

}  // namespace thrum
