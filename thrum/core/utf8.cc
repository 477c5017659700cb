#include <cstddef>
#include <cstdint>

#include "thrum/core/utf8_internal.h"

namespace thrum {
namespace {

/// The bytes that may follow a first byte: how many, and within which limits the first of them lies.
struct Following {
  std::size_t count;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
};

constexpr Following none_allowed = {0};

Following following(std::uint8_t first) noexcept {
  if (first < 0xC2) return none_allowed;
  if (first < 0xE0) return {1};
  if (first == 0xE0) return {2, 0xA0, 0xBF};
  if (first == 0xED) return {2, 0x80, 0x9F};
  if (first < 0xF0) return {2};
  if (first == 0xF0) return {3, 0x90, 0xBF};
  if (first < 0xF4) return {3};
  if (first == 0xF4) return {3, 0x80, 0x8F};
  return none_allowed;
}

}  // namespace

std::size_t utf8_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (text.empty()) return 0;
  if (byte(0) < 0x80) return 1;
  const Following rest = following(byte(0));
  if (rest.count == 0 || text.size() <= rest.count) return 0;
  if (byte(1) < rest.low || byte(1) > rest.high) return 0;
  for (std::size_t k = 2; k <= rest.count; ++k) {
    if (byte(k) < 0x80 || byte(k) > 0xBF) return 0;
  }
  return rest.count + 1;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view without_byte_order_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

}  // namespace thrum
