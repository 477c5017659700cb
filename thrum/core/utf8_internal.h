#pragma once

#include <cstddef>
#include <string_view>

namespace thrum {

/// Bytes of the character in UTF-8 that `text` begins with; 0 where it begins with none.
std::size_t utf8_character(std::string_view text) noexcept;

/// Whether `text` is UTF-8 (The Unicode Standard, table 3-7: no overlong forms, no surrogates).
bool is_utf8(std::string_view text) noexcept;

/// Without the mark that some programs begin a file in UTF-8 with.
std::string_view without_byte_order_mark(std::string_view text) noexcept;

}  // namespace thrum
