#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace thrum::csv {

enum class Fault : unsigned char { none, unclosed_quote, text_after_quote, bare_carriage_return };

/// One field of a row.
struct Field {
  std::string_view text;  ///< without its quotes
  const char* next;       ///< where the next field or row begins; the place of the fault if there is one
  bool last;              ///< the row ends with this field
  bool quoted = false;
  bool escaped = false;  ///< doubled quotes in `text` stand for one
  Fault fault = Fault::none;
};

/// REQUIRES: *begin is a quote.
Field scan_quoted_field(const char* begin, const char* end, char delimiter) noexcept;

/// `text` with one quote for each doubled one.
std::string unescape(std::string_view text);

/// The length of the line end at `p`: 1 for LF, 2 for CR LF, 0 for anything else.
inline std::size_t line_end_length(const char* p, const char* end) noexcept {
  if (*p == '\n') return 1;
  return *p == '\r' && p + 1 != end && p[1] == '\n' ? 2 : 0;
}

inline const char* skip_blank_lines(const char* p, const char* end) noexcept {
  for (std::size_t length; p != end && (length = line_end_length(p, end)) > 0;) p += length;
  return p;
}

/// The highest bit of each byte of `word` that is zero, and perhaps of some above the lowest of these.
inline std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/// The first delimiter or byte of a line end in [p, end), else `end`. Eight bytes at a time: in short fields of varying
/// length, one mispredicted branch for each byte looked at would cost more than all else.
inline const char* find_field_end(const char* p, const char* end, char delimiter) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  const std::uint64_t delimiters = ones * static_cast<unsigned char>(delimiter);
  for (; end - p >= 8; p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    const std::uint64_t hits =
        zero_bytes(word ^ delimiters) | zero_bytes(word ^ ones * '\n') | zero_bytes(word ^ ones * '\r');
    if (hits != 0) return p + std::countr_zero(hits) / 8;
  }
  while (p != end && *p != delimiter && *p != '\n' && *p != '\r') ++p;
  return p;
}

inline Field scan_unquoted_field(const char* begin, const char* end, char delimiter) noexcept {
  const char* const p = find_field_end(begin, end, delimiter);
  const std::string_view text(begin, static_cast<std::size_t>(p - begin));
  if (p == end) return {.text = text, .next = end, .last = true};
  if (*p == delimiter) return {.text = text, .next = p + 1, .last = false};
  const std::size_t length = line_end_length(p, end);
  if (length == 0) return {.text = text, .next = p, .last = true, .fault = Fault::bare_carriage_return};
  return {.text = text, .next = p + length, .last = true};
}

/// Reads the field that begins at `p` of a text that ends at `end`. A quote opens a quoted field only as its first
/// byte.
inline Field scan_field(const char* p, const char* end, char delimiter) noexcept {
  return p != end && *p == '"' ? scan_quoted_field(p, end, delimiter) : scan_unquoted_field(p, end, delimiter);
}

}  // namespace thrum::csv
