#include "thrum/core/printable.h"

#include <algorithm>

#include "thrum/core/utf8_internal.h"

namespace thrum {
namespace {

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  if (character.size() == 2) return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  // The separators of lines and the marks of direction, by which a text can look like another.
  const bool is_mark =
      (character >= "\u200E" && character <= "\u200F") || (character >= "\u2028" && character <= "\u202E");
  return character.size() == 3 && (is_mark || (character >= "\u2066" && character <= "\u2069"));
}

void append_escaped(std::string& to, std::string_view bytes) {
  constexpr const char* digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    to += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
}

/// The first bytes of `text` that are shown together: a character, or a byte that belongs to none.
std::string_view first_of(std::string_view text) {
  return text.substr(0, std::max<std::size_t>(1, utf8_character(text)));
}

void append_character(std::string& to, std::string_view character) {
  const bool is_valid = utf8_character(character) != 0;
  if (is_valid && !is_control(character)) {
    to += character;
  } else {
    append_escaped(to, character);
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string shown;
  for (std::size_t n = 0; !text.empty(); ++n) {
    if (n == longest) return shown + "…";
    const std::string_view character = first_of(text);
    append_character(shown, character);
    text.remove_prefix(character.size());
  }
  return shown;
}

std::string in_quotes(std::string_view text) {
  return '"' + printable(text) + '"';
}

std::string without_controls(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::string_view character = first_of(text);
    if (character == "\n" || character == "\t") {
      shown += character;
    } else {
      append_character(shown, character);
    }
    text.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace thrum
