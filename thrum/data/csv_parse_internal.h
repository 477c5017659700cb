#pragma once

#include <cstddef>

#include "thrum/data/csv.h"

namespace thrum::csv {

/// A block is parsed by one task: it knows no text from the blocks before, so that small ones look up more of them, but
/// a file of a few megabytes still has work for several threads.
inline constexpr std::size_t default_block_size = std::size_t{1} << 19;
/// Within a limit of memory, which decides.
inline constexpr std::size_t smallest_large_block = std::size_t{1} << 20;
inline constexpr std::size_t largest_block = std::size_t{1} << 24;

/// parse_csv with blocks of another size, which changes nothing in the result. REQUIRES: block_size > 0.
Table parse_blockwise(std::string_view text, const CsvOptions& options, std::size_t block_size,
                      const Execution& execution, std::string source);

}  // namespace thrum::csv
