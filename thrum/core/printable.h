#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thrum {

/// `text` from outside, such as a category or the name of a column, as people may see it: on one line, with control
/// characters, what turns the direction of writing, and bytes that are not UTF-8 as \\x1b, so that data cannot steer a
/// terminal; what comes after `longest` characters of it is "…".
std::string printable(std::string_view text, std::size_t longest = 60);

/// The same in quotes, for messages.
std::string in_quotes(std::string_view text);

/// A whole message or output, of any length: as `printable`, but line feeds and tabs stay.
std::string without_controls(std::string_view text);

}  // namespace thrum
