#pragma once

#include <span>
#include <string>

namespace thrum::bench {

using Words = std::span<const std::string>;

/// Each measures one thing and returns a JSON object.
std::string memory(Words words);   ///< ROWS: what training adds to the memory at its peak
std::string predict(Words words);  ///< MODEL CSV [SIMD_LEVEL]: all rows at once, by one thread
std::string one_row(
    Words words);  ///< MODEL CSV LIBRARY PEER_MODEL: row by row, ours and a peer through its C interface

}  // namespace thrum::bench
